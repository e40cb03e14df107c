import { Decimal } from "../decimal/decimal.js";
import type { Redactor } from "../recording/redactor.js";

/** A copy of a call's arguments with other signals. */
export function copyWithSignals(
  args: readonly unknown[],
  replace: (signal: AbortSignal) => AbortSignal,
): unknown[] {
  const copy = (value: unknown): unknown => {
    if (value instanceof AbortSignal) return replace(value);
    if (Array.isArray(value)) return value.map(copy);
    return isPlain(value)
      ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copy(part)]))
      : value;
  };
  return args.map(copy);
}

/** A call's arguments as JSON, without secrets; what JSON has no word for is an object with the one field `$`. */
export function writeArguments(args: readonly unknown[], redactor: Redactor): string {
  const write = (value: unknown): unknown => {
    if (value === undefined) return { $: ["undefined"] };
    if (value instanceof AbortSignal) return { $: ["signal", value.aborted] };
    if (value instanceof Decimal) return { $: ["decimal", value.toFixed()] };
    if (typeof value === "bigint") return { $: ["bigint", value.toString()] };
    if (typeof value === "string") return /^[a-z+]+:\/\//i.test(value) ? redactor.url(value) : value;
    if (Array.isArray(value)) return value.map(write);
    return isPlain(value)
      ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, write(part)]))
      : value;
  };
  return redactor.text(JSON.stringify(args.map(write)), "answered");
}

/** Reads what `writeArguments` wrote; `signal` makes a signal, aborted already or not. */
export function readArguments(
  args: readonly unknown[],
  signal: (aborted: boolean) => AbortSignal,
): unknown[] {
  const read = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(read);
    if (!isPlain(value)) return value;
    const { $: special } = value;
    if (!Array.isArray(special))
      return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, read(part)]));
    const [kind, content] = special;
    if (kind === "signal") return signal(content === true);
    if (kind === "decimal") return new Decimal(String(content));
    return kind === "bigint" ? BigInt(String(content)) : undefined;
  };
  return args.map(read);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
