/** The parameter `name` of a request to a path that ends with `path`; undefined for any other request. */
export function queryParameter(url: string, path: string, name: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { pathname, searchParams } = new URL(url);
  return pathname.endsWith(path) ? (searchParams.get(name) ?? undefined) : undefined;
}
