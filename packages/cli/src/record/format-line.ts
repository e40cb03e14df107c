import type { SessionRecord } from "@conn/core";

/**
 * A record as a line of a recording, without the line end. Every line has `n`, `ts` (seconds since 1970-01-01
 * UTC), `dir`, `url` and `raw`; those of connections also `conn`, the number of the dial. Beyond what other
 * recordings have, there are the `dir`s `disconnect` and `unanswered`, and `rawEncoding: "base64"` where `raw`
 * could not be the text, because the bytes are none.
 */
export function formatLine(record: SessionRecord, n: number): string {
  const { at, url } = record;
  return JSON.stringify({ n, ts: at / 1_000, dir: DIRS[record.type], url, ...contentOf(record) });
}

const DIRS: Readonly<Record<SessionRecord["type"], string>> = {
  opened: "connect",
  closed: "disconnect",
  received: "recv",
  sent: "send",
  answered: "http",
  unanswered: "unanswered",
};

function contentOf(record: SessionRecord): object {
  switch (record.type) {
    case "opened":
      return { raw: "", conn: record.connection };
    case "closed":
      return { raw: record.reason, conn: record.connection, code: record.code };
    case "received":
    case "sent":
      return {
        ...formatRaw(record.data),
        conn: record.connection,
        ...(record.isBinary && { wireEncoding: "binary" }),
      };
    case "answered": {
      const { method, status, headers, requestHeaders, requestBody, requestedAt } = record;
      const hasHeaders = Object.keys(requestHeaders).length > 0;
      return {
        ...formatRaw(record.body),
        method,
        status,
        headers,
        requestTs: requestedAt / 1_000,
        ...(hasHeaders && { requestHeaders }),
        requestBody,
      };
    }
    case "unanswered":
      return { raw: "", method: record.method, code: record.code, requestTs: record.requestedAt / 1_000 };
  }
}

function formatRaw(data: string | Uint8Array): object {
  if (typeof data === "string") return { raw: data };
  return { raw: Buffer.from(data).toString("base64"), rawEncoding: "base64" };
}
