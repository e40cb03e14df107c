/** Facts attached to a log line; never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where log lines go. Silent by default; `console` satisfies this interface. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
