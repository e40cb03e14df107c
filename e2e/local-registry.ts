import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a registry keeps of one version: the manifest as published, and where its tarball is. */
export interface PublishedVersion {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly tarball: Buffer;
}

export interface LocalRegistry extends AsyncDisposable {
  /** Ends with a slash. */
  readonly url: string;
  /** Everything published so far, as `name@version`. */
  readonly versions: ReadonlyMap<string, PublishedVersion>;
}

/** Body of `PUT /<package>`, as far as it is used. */
interface PublishRequest {
  readonly name: string;
  readonly "dist-tags": Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

/**
 * An npm registry in memory, on a free port of 127.0.0.1: publish, package documents and tarballs, which is
 * what `pnpm publish` and `npm install` ask for.
 *
 * @see https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md
 */
export async function startLocalRegistry(): Promise<LocalRegistry> {
  const versions = new Map<string, PublishedVersion>();
  const tags = new Map<string, Record<string, string>>();
  let url = "";

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => {
        const type = Buffer.isBuffer(body) ? "application/octet-stream" : "application/json";
        response.writeHead(status, { "content-type": type });
        response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
      },
      (error: unknown) => response.writeHead(500).end(JSON.stringify({ error: String(error) })),
    );
  });

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const path = decodeURIComponent(new URL(request.url ?? "", url).pathname).slice(1);
    if (request.method === "PUT") return publish(JSON.parse((await readBody(request)).toString()));
    if (request.method !== "GET") return { status: 405, body: { error: "only GET and PUT are known here" } };
    const [name = "", file] = path.split("/-/");
    const body = file === undefined ? describe(name) : versions.get(`${name}@${versionIn(file)}`)?.tarball;
    return body === undefined ? { status: 404, body: { error: "not found" } } : { status: 200, body };
  }

  function publish({ name, versions: added, "dist-tags": newTags, _attachments }: PublishRequest) {
    for (const [version, manifest] of Object.entries(added)) {
      if (versions.has(`${name}@${version}`)) return { status: 409, body: { error: "is there already" } };
      const attachment = _attachments[`${name}-${version}.tgz`];
      if (attachment === undefined) return { status: 400, body: { error: "has no tarball" } };
      versions.set(`${name}@${version}`, { manifest, tarball: Buffer.from(attachment.data, "base64") });
    }
    tags.set(name, { ...tags.get(name), ...newTags });
    return { status: 201, body: { ok: true } };
  }

  /** The document of a package, from which a client chooses a version. */
  function describe(name: string): unknown {
    const known = [...versions].filter(([id]) => id.startsWith(`${name}@`));
    if (known.length === 0) return undefined;
    const described = known.map(([id, { manifest, tarball }]) => {
      const version = id.slice(name.length + 1);
      const dist = {
        tarball: `${url}${name}/-/${baseName(name)}-${version}.tgz`,
        integrity: `sha512-${createHash("sha512").update(tarball).digest("base64")}`,
        shasum: createHash("sha1").update(tarball).digest("hex"),
      };
      return [version, { ...manifest, dist }];
    });
    return { name, "dist-tags": tags.get(name), versions: Object.fromEntries(described) };
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on a port has such an address.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    versions,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function baseName(packageName: string): string {
  return packageName.slice(packageName.lastIndexOf("/") + 1);
}

/** The version in a tarball's name, such as `core-1.0.0.tgz`. */
function versionIn(file: string): string | undefined {
  return /-(\d+\.\d+\.\d+[^/]*)\.tgz$/.exec(file)?.[1];
}
