import { ConnError } from "@conn/core";

/** A recording is not there, not in the format of recordings, or cannot be written. */
export class RecordingError extends ConnError<
  "RECORDING_NOT_FOUND" | "MALFORMED_RECORDING" | "RECORDING_NOT_WRITTEN"
> {}
