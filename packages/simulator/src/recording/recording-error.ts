import { ConnError } from "@conn/core";

/** A recording is not there, or not in the format of recordings. */
export class RecordingError extends ConnError<"RECORDING_NOT_FOUND" | "MALFORMED_RECORDING"> {}
