import { type ConnError, ProtocolError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { captureDiffs } from "../../run/depth-capture.js";
import { must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

const TEN_MEGABYTES = 10 * 1024 * 1024;
const UNKNOWN_SYMBOL = "NOSUCHPAIR";

/**
 * Given a live book, and a second connector with the same one, so that what a diff of the first looks like is
 * known before the second has it.
 * Do send, beside the stream: nonsense of every kind, an unknown pair, an unknown event, ten megabytes, binary
 * garbage. Then, in the place of a diff: half of it, and after that the whole; the diff with fields that
 * nobody knows; nonsense.
 * Expect each bad frame told as a typed problem; a half frame to leave nothing behind; an unknown field
 * to be of no matter; nonsense in the place of a diff to be a lost diff; and the books to equal the venue's.
 */
export const badFrames: ConformanceCase = {
  id: "M23",
  title:
    "malformed, truncated, huge, binary and unknown frames are told as typed problems, and the stream lives",
  needs: "orderBooks",
  async run(stage) {
    const { world } = stage;
    const [pair] = stage.pairs(1);
    const probe = await stage.follow([pair]);
    const capture = captureDiffs(stage, pair);
    await probe.untilChanged(pair, 2);
    const frame = capture.frames.at(-1) ?? "";
    const nonsense: Readonly<Record<string, string | Uint8Array>> = {
      "an empty frame": "",
      "an open brace": "{",
      "a text that is no JSON": "\u0000\uffff}}} hello",
      "an array": "[]",
      "a null": "null",
      "the first half of a diff": frame.slice(0, frame.length / 2),
      "a diff with something after its end": `${frame}}`,
      "a page of HTML": "<html><body>502 Bad Gateway</body></html>",
      "a thousand open brackets": "[".repeat(100_000),
      "binary garbage": Uint8Array.from({ length: 1_000 }, (_, index) => (index * 151) % 256),
      "an event of an unknown name": '{"connTestEvent":{"is":["not",1,"known"]}}',
      // By the count of a connection, a diff that comes again is old before anybody looks whose it is.
      ...(stage.record.scope === "book" && {
        "a diff of an unknown pair": frame.replaceAll(stage.symbolOf(pair), UNKNOWN_SYMBOL),
      }),
    };
    for (const [what, data] of Object.entries(nonsense)) await expectProblem(stage, probe, pair, what, data);
    await expectProblem(stage, probe, pair, "ten megabytes", `{"connTest":"${"x".repeat(TEN_MEGABYTES)}"}`);
    await probe.untilLive([pair]);
    await world.advance(1_000);
    probe.expectTruth([pair]);
    await damagedDiffs(stage, probe, pair);
  },
};

/** Sends a frame beside the stream and expects a problem and nothing else. */
async function expectProblem(
  stage: Stage,
  probe: Probe,
  tradingPair: string,
  what: string,
  data: string | Uint8Array,
): Promise<void> {
  const { world, venue } = stage;
  const told = typedErrors(probe).length;
  const { integrity } = probe.book(tradingPair);
  const before = [stage.rebuildsOf(integrity), integrity.gaps, venue.log.dialCount];
  mustEqual(
    venue.faults.inject({ connectionId: stage.depthConnectionOf(tradingPair) }, data),
    1,
    "connections that a frame is sent on",
  );
  await world.settle();
  const errors = typedErrors(probe).slice(told);
  must(errors.length >= 1, `${what} to be told as a problem`);
  for (const error of errors) mustBeError(error, ProtocolError);
  // A frame beyond the venue's own limit ends the connection by the rules of WebSocket.
  if (errors.some(({ code }) => code === "FRAME_TOO_LARGE")) {
    await probe.untilLive([tradingPair]);
    return;
  }
  await probe.untilChanged(tradingPair, 2);
  probe.expectTruth([tradingPair]);
  mustEqual(
    [stage.rebuildsOf(integrity), integrity.gaps, venue.log.dialCount],
    before,
    `snapshots asked for, gaps and dials after ${what}`,
  );
}

/** Errors of problem events, and those by which a connection was lost. */
function typedErrors(probe: Probe): ConnError[] {
  return probe.events.flatMap((event) => {
    if (event.type === "problem") return [event.error];
    return event.type === "connection" && event.error instanceof ProtocolError ? [event.error] : [];
  });
}

async function damagedDiffs(stage: Stage, first: Probe, tradingPair: string): Promise<void> {
  const { world, venue } = stage;
  const known = new Set(venue.log.connections.map(({ connectionId }) => connectionId));
  const probe = stage.connect({ tradingPairs: [tradingPair] }, { owner: "connector 2" });
  await probe.start();
  await probe.untilLive();
  await world.advance(1_000);
  const own = venue.log.connections.map(({ connectionId }) => connectionId).filter((id) => !known.has(id));
  const connectionId = stage.depthConnectionOf(tradingPair, own);
  const stream = stage.depthStreamOf(tradingPair);
  const capture = captureDiffs(stage, tradingPair, first.owner);
  const { integrity } = probe.book(tradingPair);
  const untouched = (): readonly unknown[] => [stage.updatesOf(integrity), integrity.gaps, integrity.state];
  /** Withholds one diff from the second connector and returns it. */
  const withhold = async (): Promise<string> => {
    const lost = venue.faults.lose({ stream, connectionId });
    await world.until(() => lost.done, { withinMs: PATIENCE_MS, what: "a withheld diff" });
    await world.settle();
    return capture.frames.at(-1) ?? "";
  };
  const send = async (data: string): Promise<void> => {
    mustEqual(venue.faults.inject({ connectionId }, data), 1, "connections that a frame is sent on");
    await world.settle();
  };

  // Frames that are counted by connection are different ones on each.
  if (stage.record.scope === "book") {
    const whole = await withhold();
    const updates = stage.updatesOf(integrity);
    const problems = probe.problems().length;
    for (const share of [0.5, 0.75, 0.9, 0.99]) await send(whole.slice(0, Math.floor(whole.length * share)));
    mustEqual(probe.problems().length, problems + 4, "the problems told of truncated diffs");
    mustEqual(untouched(), [updates, 0, "live"], "updates, gaps and state after truncated diffs");
    probe.expectTruth();
    await send(whole);
    mustEqual(untouched(), [updates + 1, 0, "live"], "updates, gaps and state after the whole diff");
    probe.expectTruth();

    const next = await withhold();
    const count = stage.updatesOf(integrity);
    await send(withUnknownFields(next));
    mustEqual(
      untouched(),
      [count + 1, 0, "live"],
      "updates, gaps and state after a diff with unknown fields",
    );
    mustEqual(probe.problems().length, problems + 4, "the problems told: none of an unknown field");
    await world.advance(1_000);
    probe.expectTruth();
  }

  const told = probe.problems().length;
  const corrupt = venue.faults.corrupt({ stream, connectionId }, "{nonsense");
  await world.until(() => corrupt.done, { withinMs: PATIENCE_MS, what: "nonsense in the place of a diff" });
  mustBeError(probe.problems()[told], ProtocolError);
  if (stage.lossTrace !== "madeUp") {
    await world.until(() => integrity.state !== "live", {
      withinMs: 5_000,
      what: "the lost diff to be noticed",
    });
  }
  await probe.untilLive();
  await world.advance(1_000);
  probe.expectTruth();
  first.expectTruth([tradingPair]);
  capture.stop();
}

/** A JSON text with a field that nobody knows at the beginning of every object in it. */
function withUnknownFields(json: string): string {
  return json.replaceAll(/\{(?=")/g, '{"connTest":{"deep":[[null,-1.5e9],"}"]},');
}
