import dns from "node:dns";
import { afterAll, beforeAll, expect } from "vitest";

/** Lets no test of a file look up any name: a client that turns to a real host fails and is reported in the end. */
export function forbidLookUps(): void {
  const lookups: string[] = [];
  const realLookup = dns.lookup;
  beforeAll(() => {
    const guarded = (name: string, ...rest: unknown[]): void => {
      // Servers that listen look their own address up.
      if (name === "127.0.0.1") {
        Reflect.apply(realLookup, dns, [name, ...rest]);
        return;
      }
      lookups.push(name);
      // as: the callback is the last argument in every form of the call.
      const callback = rest.at(-1) as (error: Error) => void;
      callback(Object.assign(new Error(`no look-up of ${name} in tests`), { code: "ENOTFOUND" }));
    };
    // as: the overloads and the promisified form of the real one are not used by connections.
    dns.lookup = guarded as unknown as typeof dns.lookup;
  });
  afterAll(() => {
    dns.lookup = realLookup;
    expect(lookups).toEqual([]);
  });
}
