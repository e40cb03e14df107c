import type { Logger } from "../logger.js";

const ignore = (): void => {};

/** Drops every line. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
