import { createRequire } from "node:module";
import { describe, expect, it, vi } from "vitest";

// undici and ws are CommonJS inside, so that loading them shows here.
const loaded = (name: string): boolean =>
  Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes(`/node_modules/${name}/`));

describe("importing core", () => {
  it("loads neither undici nor ws until the first client, connection or server", async () => {
    const { createDefaultPorts } = await import("../../src/index.js");
    const ports = createDefaultPorts();
    expect(loaded("undici")).toBe(false);
    expect(loaded("ws")).toBe(false);

    const client = await ports.http.open({ maxBodyBytes: 1 });
    expect(loaded("undici")).toBe(true);
    expect(loaded("ws")).toBe(false);
    await client.close();

    const server = await ports.server.listen({ port: 0 }, { onRequest: () => {}, onUpgrade: () => "reset" });
    expect(loaded("ws")).toBe(true);
    await server.close();
  });
});

describe("createDefaultPorts", () => {
  it("takes what it is given and fills in the rest", async () => {
    const { createDefaultPorts } = await import("../../src/index.js");
    const clock = { now: () => 1, monotonic: () => 2 };
    const ports = createDefaultPorts({ clock, logger: console });
    expect(ports.clock).toBe(clock);
    expect(ports.logger).toBe(console);
    expect(ports.timers).toBe(createDefaultPorts().timers);
  });

  it("reads the machine's clock and generator, and logs nothing", async () => {
    const { createDefaultPorts } = await import("../../src/index.js");
    const { clock, random, logger } = createDefaultPorts();
    const before = Date.now();
    const now = clock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
    expect(clock.monotonic()).toBeLessThanOrEqual(clock.monotonic());
    const numbers = Array.from({ length: 100 }, () => random.next());
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(new Set(numbers).size).toBeGreaterThan(1);

    const heard = vi.spyOn(console, "error").mockImplementation(() => {});
    logger.error("nobody hears this");
    expect(heard).not.toHaveBeenCalled();
    heard.mockRestore();
  });
});
