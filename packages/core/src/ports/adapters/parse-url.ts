/**
 * Parses an absolute URL of one of `protocols` (each with its colon).
 *
 * @throws {TypeError} if it is none. Unlike Node's own error this one does not show the URL, which may hold a secret.
 */
export function parseUrl(text: string, name: string, protocols: readonly string[]): URL {
  const url = URL.parse(text);
  if (url === null) throw new TypeError(`${name} is not an absolute URL`);
  if (!protocols.includes(url.protocol)) {
    throw new TypeError(`${name} must begin with ${protocols.map((p) => `${p}//`).join(" or ")}`);
  }
  return url;
}
