import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NetworkError, VenueError } from "../../src/errors/index.js";
import type { FakeSocket } from "../support/fake-web-socket.js";
import { balance, createUserStream } from "./support-user-stream.js";

const STEP_MS = 200;
/** Longer than any delay between two tries, and than any wait for an answer or a sign of life. */
const RECOVERY_MS = 60_000;

/** What the venue has in mind about one of its connections. */
interface Line {
  readonly socket: FakeSocket;
  readonly key: string;
  isSubscribed: boolean;
  /** Frames on their way to us: lost if the connection goes first. */
  readonly onTheWay: string[];
  pings: number;
  isSilent: boolean;
  /** Whether what it tells next cannot be read. */
  isSpoiled: boolean;
}

type Trouble = { readonly waitMs: number } & (
  | { readonly kind: "drop" | "silence" | "expire" | "unreadable" | "late"; readonly line: number }
  | { readonly kind: "refuseLogins" | "refuseDials" | "noAnswers" | "noRest" | "well" }
);

const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("drop", "silence", "expire", "unreadable", "late"),
    line: fc.nat({ max: 1 }),
    waitMs: fc.nat({ max: 20_000 }),
  }),
  fc.record({
    kind: fc.constantFrom("refuseLogins", "refuseDials", "noAnswers", "noRest", "well", "well"),
    waitMs: fc.nat({ max: 20_000 }),
  }),
);

/** A venue that numbers what happens in the account, and tells it on every connection that it has subscribed. */
function createVenue(access: "login" | "listenKey", chances: readonly number[]) {
  let chance = 0;
  const world = createUserStream({
    access,
    maxAgeMs: 20_000,
    pingAfterIdleMs: 5_000,
    random: () => {
      chance += 1;
      return chances[chance % chances.length] ?? 0;
    },
  });
  const { webSocket, tracker, time, told } = world;
  let lines: Line[] = [];
  let seen = 0;
  let events = 0;
  let validKey = "";
  let keys = 0;
  const is = { refusingLogins: false, refusingDials: false, answering: true, rest: true };
  world.answerWith((call) => {
    if (!is.rest) throw new NetworkError("NETWORK_TIMEOUT", "no answer");
    if (call.kind !== "open") {
      if (call.key === validKey) return undefined;
      throw new VenueError("VENUE_REFUSED", "no such key", { kind: "listenKey" });
    }
    if (validKey === "") {
      keys += 1;
      validKey = `key ${keys}`;
    }
    return validKey;
  });

  const answer = (line: Line): void => {
    for (const text of line.socket.sent.splice(0)) {
      if (!is.answering) continue;
      const { login, sub } = JSON.parse(text) as { login?: number; sub?: number };
      const requestId = login ?? sub;
      const isRefused = login !== undefined && is.refusingLogins;
      if (sub !== undefined) line.isSubscribed = true;
      line.onTheWay.push(
        JSON.stringify([
          isRefused
            ? { type: "refused", requestId, venueCode: "key", message: "no" }
            : { type: "acknowledged", requestId },
        ]),
      );
    }
  };
  const deliver = ({ socket, onTheWay }: Line): void => {
    for (const frame of onTheWay.splice(0)) {
      if (socket.ended) return;
      if (frame === "pong") socket.pong("mark");
      else socket.receive(frame);
    }
  };
  /** Some time of the venue's life. Before and after each step the tracker claims nothing that is not so. */
  const step = async (): Promise<void> => {
    for (; seen < webSocket.sockets.length; seen += 1) {
      const socket = webSocket.sockets[seen] as FakeSocket;
      if (is.refusingDials) {
        socket.end();
        continue;
      }
      const key = new URL(socket.options.url).pathname.replace("/ws/", "").replaceAll("%20", " ");
      // It does not say so if it does not know the key.
      const isSubscribed = access === "listenKey" && key === validKey;
      lines.push({ socket, key, isSubscribed, onTheWay: [], pings: 0, isSilent: false, isSpoiled: false });
      socket.open();
    }
    lines = lines.filter(({ socket }) => !socket.ended);
    for (const line of lines) answer(line);
    events += 1;
    for (const line of lines) {
      if (!line.isSubscribed) continue;
      line.onTheWay.push(line.isSpoiled ? "?" : JSON.stringify([balance(`${events}`)]));
      line.isSpoiled = false;
    }
    for (const line of lines) {
      for (; line.pings < line.socket.pings.length; line.pings += 1) line.onTheWay.push("pong");
      if (!line.isSilent) deliver(line);
    }
    check();
    await time.advance(STEP_MS);
    check();
  };
  let read = 0;
  /** The first event that must be told, as the stream claims to be up. */
  let owed = 0;
  /** It never claims to be up while the venue has no subscription of it. */
  const check = (): void => {
    for (; read < told.length; read += 1) if (told[read] === "up") owed = events + 1;
    if (!tracker.isUp) return;
    expect(lines.some(({ isSubscribed, socket }) => isSubscribed && !socket.ended)).toBe(true);
  };
  const heal = (): void => {
    Object.assign(is, { refusingLogins: false, refusingDials: false, answering: true, rest: true });
  };
  return {
    world,
    step,
    heal,
    /** Events that have not been told, though the stream has been up ever since before they happened. */
    missing(): number[] {
      const numbers = new Set(told.map((word) => (word.startsWith("balances") ? Number(word.slice(9)) : 0)));
      return Array.from({ length: events + 1 - owed }, (_, index) => owed + index).filter(
        (event) => !numbers.has(event),
      );
    },
    async live(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += STEP_MS) await step();
    },
    strike(what: Trouble): void {
      const line = "line" in what ? lines[what.line] : undefined;
      if (what.kind === "drop") line?.socket.end();
      if (what.kind === "silence" && line !== undefined) line.isSilent = true;
      if (what.kind === "unreadable" && line !== undefined) line.isSpoiled = true;
      if (what.kind === "late" && line !== undefined) {
        // It comes late, or never.
        line.isSilent = true;
        time.set(3_000, () => {
          line.isSilent = false;
        });
      }
      if (what.kind === "expire" && line !== undefined) {
        validKey = "";
        for (const each of lines.filter(({ key }) => access === "listenKey" || key === line.key)) {
          each.onTheWay.push(JSON.stringify([{ type: "expired" }]));
          each.isSubscribed &&= each.isSilent;
        }
      }
      is.refusingLogins ||= what.kind === "refuseLogins";
      is.refusingDials ||= what.kind === "refuseDials";
      is.answering &&= what.kind !== "noAnswers";
      is.rest &&= what.kind !== "noRest";
      if (what.kind === "well") heal();
    },
  };
}

describe("a user stream, whatever befalls it", () => {
  it.each(["login", "listenKey"] as const)(
    "is up again once the venue is well, never claims to be without a subscription, and then tells everything (%s)",
    async (access) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(trouble, { maxLength: 8 }),
          fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 8 }),
          async (troubles, chances) => {
            const venue = createVenue(access, chances);
            const { tracker, time, webSocket } = venue.world;
            tracker.start();
            await venue.live(1_000);
            expect(tracker.isUp).toBe(true);
            for (const what of troubles) {
              venue.strike(what);
              await venue.live(what.waitMs);
            }
            venue.heal();
            await venue.live(RECOVERY_MS);
            // It may be between two connections of a renewal that nothing went well with, but not for long.
            for (let more = 0; !tracker.isUp && more < 400; more += 1) await venue.step();
            expect(tracker.isUp).toBe(true);
            await venue.live(5_000);
            expect(venue.missing()).toEqual([]);
            await tracker.stop();
            expect(time.pending).toBe(0);
            expect(webSocket.sockets.every(({ ended }) => ended)).toBe(true);
          },
        ),
        { numRuns: 30 },
      );
    },
  );
});
