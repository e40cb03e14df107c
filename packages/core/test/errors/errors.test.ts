import { describe, expect, it, vi } from "vitest";
import { ConnError, NetworkError, PluginError, VenueError } from "../../src/errors/index.js";

describe("error brands", () => {
  it("tells siblings apart", () => {
    const error = new NetworkError("NETWORK_REFUSED", "nobody listens", { sent: "no" });
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toBeInstanceOf(ConnError);
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof VenueError).toBe(false);
    expect(error.name).toBe("NetworkError");
    expect(error.sent).toBe("no");
  });

  it("recognises the error of a second copy of the package", async () => {
    vi.resetModules();
    const copy: typeof import("../../src/errors/index.js") = await import("../../src/errors/index.js");
    const error = new copy.NetworkError("NETWORK_RESET", "gone");
    expect(copy.NetworkError).not.toBe(NetworkError);
    expect(error instanceof NetworkError).toBe(true);
    expect(error instanceof ConnError).toBe(true);
    expect(error instanceof PluginError).toBe(false);
  });

  it("does not take a parent's error for a subclass made elsewhere", () => {
    class OwnError extends NetworkError {}
    expect(new NetworkError("NETWORK_RESET", "gone") instanceof OwnError).toBe(false);
    expect(new OwnError("NETWORK_RESET", "gone") instanceof OwnError).toBe(true);
    expect(new OwnError("NETWORK_RESET", "gone") instanceof NetworkError).toBe(true);
  });

  it("keeps the cause and the details", () => {
    const cause = new Error("inner");
    const error = new VenueError("VENUE_REFUSED", "no", {
      cause,
      venue: "somewhere",
      venueCode: "-1121",
      details: { a: 1 },
    });
    expect(error.cause).toBe(cause);
    expect(error.venue).toBe("somewhere");
    expect(error.venueCode).toBe("-1121");
    expect(error.details).toEqual({ a: 1 });
  });
});
