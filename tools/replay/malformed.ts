import { ProtocolError } from "@conn/core";

/** The error for a frame that is JSON but not what the venue documents. */
export function malformed(what: string): ProtocolError {
  return new ProtocolError("MALFORMED_FRAME", `the venue sent ${what}`);
}
