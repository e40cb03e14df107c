/** Reads a REST body as JSON. @throws {SyntaxError} if it is none. */
export function parseJson(body: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(body));
}
