import {
  AuthError,
  ConfigurationError,
  type Credentials,
  createHost,
  createSqliteJournals,
  recordPorts,
} from "@conn/core";
import type { Desk } from "../../run/desk.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { othersMay, withFolder } from "../../run/journal-folder.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import { tradingCase } from "../../run/trading-case.js";

/** Most requests that a refused key may make in ten minutes: those that ask whether it is taken by now. */
const MOST_REFUSED = 60;

/**
 * Given a recorded session of an account.
 * Do everything that it can, with all that goes wrong: lost and unreadable answers, refusals, resets, a stream that is cut
 * and garbled, a key that is revoked.
 * Expect neither key nor secret, nor anything that the session was signed or opened with, in any event, error, log
 * line, journal, record, or print of a connector.
 */
export const noSecrets = tradingCase({
  id: "S01",
  title: "no secret in any event, error, log line, journal or recording",
  timeoutMs: 60_000,
  async run(desk) {
    await desk.end(desk.probe);
    const probe = desk.connect({}, (ports) =>
      recordPorts(ports, { write: (record) => desk.secrets.see("a recording", record) }),
    );
    desk.take(probe);
    await probe.start();
    await desk.untilReady();
    await everything(desk);
    desk.account.revokeKey();
    const refused = await desk.place();
    mustEqual(refused.status, "rejected", "an order of a revoked key");
    desk.note(await errorOf(() => desk.complete(desk.connector.reconcile()), "a question of a revoked key"));
    must(desk.secrets.kinds.size > 2, "secrets on the wire beside key and secret");
    desk.expectNoSecrets();
    await desk.end(probe);
  },
});

/** What a session can do, and what can go wrong with it. */
async function everything(desk: Desk): Promise<void> {
  const { faults } = desk.stage.venue;
  const { route, malformedFrame } = desk.accounts;
  for (const call of ["place", "cancel", "query"] as const) {
    const filter = desk.request(call);
    for (const order of [
      () => faults.loseAnswer(filter),
      () => faults.replaceAnswer(filter, "reset"),
      () => faults.corruptAnswer(filter, "<html>"),
      () => faults.replaceAnswer(filter, { status: 500, body: '{"error":"signature"}' }),
      () => faults.rejectRequest(filter, { status: 403, body: "<html>" }),
    ]) {
      const { clientOrderId } = await desk.place();
      order();
      const outcome = await Promise.allSettled([desk.cancel(clientOrderId)]);
      desk.note(outcome);
    }
  }
  faults.inject({ route }, malformedFrame);
  faults.drop({ route });
  await desk.untilReady();
  const [first] = [...desk.connector.orders.values()];
  if (first?.status === "open") desk.account.fillOrder(first.clientOrderId);
  await desk.advance(120_000);
  desk.note(await errorOf(() => desk.cancel("nobodys"), "a cancel of nobody's order"));
}

/** Requests of an owner that carry its key. */
function countRequests(desk: Desk, owner: string): () => number {
  const { rest } = desk.stage.venue.urls;
  let count = 0;
  desk.stage.world.onTraffic((event) => {
    if (event.type !== "request" || event.owner !== owner || !event.url.startsWith(rest ?? "")) return;
    if (!desk.stage.isPublic(new URL(event.url).pathname)) count += 1;
  });
  return () => count;
}

/**
 * Given a key that the venue does not know, one with another's secret, one that is revoked while it is used, and a venue
 * that refuses every timestamp.
 * Expect typed errors, an account that never says it is in step, commands refused, and few requests.
 */
export const refusedKeys = tradingCase({
  id: "S02",
  title: "wrong key, wrong secret, revoked key, refused timestamps: typed errors, and no storm",
  timeoutMs: 60_000,
  async run(desk) {
    const { apiKey, secret } = desk.account.credentials;
    const turned = (text: string): string => [...text].reverse().join("");
    const wrong: readonly Credentials[] = [
      { apiKey: turned(apiKey), secret },
      { apiKey, secret: turned(secret) },
    ];
    for (const [index, credentials] of wrong.entries()) {
      const owner = `machine with wrong credentials ${index + 1}`;
      const probe = desk.connect({ credentials, tradingPairs: [] }, undefined, owner);
      const requests = countRequests(desk, owner);
      await probe.start();
      await desk.advance(600_000);
      must(!probe.connector.status.account, "an account that is not in step");
      const refusal = probe.problems().find((error) => error instanceof AuthError);
      mustBeError(refusal, AuthError, "KEY_REFUSED");
      must(requests() <= MOST_REFUSED, `at most ${MOST_REFUSED} requests in ten minutes, not ${requests()}`);
      desk.note(await errorOf(() => desk.complete(probe.connector.reconcile()), "a question"));
      await desk.end(probe);
    }
    const { timestampAnswer } = desk.accounts;
    if (timestampAnswer !== undefined) {
      await desk.cancel((await desk.rest()).clientOrderId);
      const sent = desk.requestsFor("place");
      const fault = desk.stage.venue.faults.rejectRequest(
        desk.request("place"),
        timestampAnswer,
        Number.POSITIVE_INFINITY,
      );
      const { clientOrderId, status } = await desk.place();
      fault.cancel();
      mustEqual(
        status,
        "rejected",
        "an order whose timestamp is refused, again after the clock was measured",
      );
      mustEqual(desk.requestsFor("place") - sent, 2, "attempts");
      desk.mustTell(clientOrderId, "rejected");
    }
    const open = await desk.rest();
    const requests = countRequests(desk, desk.owner);
    desk.account.revokeKey();
    const { status } = await desk.place();
    mustEqual(status, "rejected", "an order of a revoked key");
    await desk.advance(600_000);
    must(requests() <= MOST_REFUSED, `at most ${MOST_REFUSED} requests in ten minutes, not ${requests()}`);
    mustEqual(desk.order(open.clientOrderId).status, "open", "an order that nobody can ask after");
  },
});

/**
 * Given a key that may trade, and one that may also withdraw.
 * Do ask what they may do.
 * Expect the truth of both: a program can warn of the second.
 */
export const keyPermissions = tradingCase({
  id: "S03",
  title: "what a key may do is told: that it may withdraw, above all",
  needsTrading: "keyPermissions",
  refused: () => [(connector) => connector.fetchKeyPermissions()],
  async run(desk) {
    const harmless = await desk.complete(desk.connector.fetchKeyPermissions(), "fetchKeyPermissions");
    mustEqual([harmless.canTrade, harmless.canWithdraw], [true, false], "what a key that trades may do");
    const credentials = desk.account.keyThatWithdraws?.();
    must(credentials !== undefined, "a simulated venue that issues keys that may withdraw");
    const owner = "machine with a key that withdraws";
    const probe = desk.connect({ credentials, tradingPairs: [] }, undefined, owner);
    await probe.start();
    const dangerous = await desk.complete(probe.connector.fetchKeyPermissions(), "fetchKeyPermissions");
    mustEqual([dangerous.canTrade, dangerous.canWithdraw], [true, true], "what a key that withdraws may do");
    await desk.end(probe);
  },
});

/**
 * Given credentials.
 * Do lead the connector to plain URLs off this machine; have the venue redirect a signed request.
 * Expect the first refused before anything is sent, and the redirect not to be followed.
 */
export const securePaths = tradingCase({
  id: "S04",
  title: "with credentials: plain URLs off loopback refused, redirects not followed",
  async run(desk) {
    const { world, venue } = desk.stage;
    for (const [name, url] of Object.entries(venue.urls)) {
      const { protocol } = new URL(url);
      const error = await errorOf(async () => {
        const probe = desk.connect({ urls: { ...venue.urls, [name]: `${protocol}//venue.example` } });
        desk.stage.retire(probe);
        await probe.start();
      }, `a plain URL ${name}`);
      mustBeError(error, ConfigurationError, "INSECURE_URL");
      desk.note(error);
    }
    const decoy = await desk.stage.anotherVenue();
    venue.faults.rejectRequest(
      desk.request("balances"),
      { status: 307, headers: { location: `${decoy.urls.rest}/stolen` } },
      Number.POSITIVE_INFINITY,
    );
    desk.note(
      await errorOf(() => desk.complete(desk.connector.reconcile()), "a question that is redirected"),
    );
    await world.settle();
    mustEqual(decoy.log.requestCount, 0, "requests where the redirect leads");
    venue.faults.clear();
  },
});

/**
 * Given credentials.
 * Do make a connector without saying which environment.
 * Expect it refused; and every event of an account to say environment and account.
 */
export const noDefaultEnvironment = tradingCase({
  id: "S05",
  title: "no default environment once there are credentials; every event of the account says it",
  async run(desk) {
    const host = createHost(desk.stage.world.portsOf("nobody"));
    const error = await errorOf(
      () =>
        host.create(desk.stage.plugin, {
          credentials: desk.account.credentials,
          urls: desk.stage.venue.urls,
        }),
      "a connector without an environment",
    );
    mustBeError(error, ConfigurationError, "ENVIRONMENT_MISSING");
    desk.note(error);
    const { clientOrderId } = await desk.rest();
    desk.account.fillOrder(clientOrderId);
    await desk.untilStatus(clientOrderId, "filled");
    const events = desk.probe.events.filter((event) => "account" in event);
    must(events.length > 3, "events of the account");
    for (const event of events) {
      mustEqual([event.environment, event.connector], ["sim", desk.connector.name], `event ${event.type}`);
    }
  },
});

/**
 * Given a session that is opened by a listen key, a token or a login.
 * Do let it be opened, cut, opened again, and end.
 * Expect what opens it to be known as secret, and to be nowhere.
 */
export const streamSecrets = tradingCase({
  id: "S06",
  title: "listen keys, tokens, signatures and login frames are secrets too",
  async run(desk) {
    const { faults } = desk.stage.venue;
    const { route } = desk.accounts;
    must(desk.secrets.kinds.size > 2, "secrets on the wire beside key and secret");
    const before = desk.secrets.count;
    desk.account.endStreamAccess();
    faults.drop({ route });
    await desk.stage.world.until(() => !desk.connector.status.account, { withinMs: PATIENCE_MS });
    await desk.untilReady();
    must(desk.secrets.count > before, "secrets of the second session");
    faults.rejectUpgrade({ route }, { status: 401, body: "no" }, 2);
    faults.drop({ route });
    await desk.stage.world.settle();
    await desk.untilReady(10 * PATIENCE_MS);
    desk.expectNoSecrets();
  },
});

/**
 * Given journals on disk.
 * Do trade.
 * Expect every file readable by its owner alone, and free of secrets.
 */
export const privateFiles = tradingCase({
  id: "S07",
  title: "journals on disk are their owner's alone",
  run: (desk) => withFolder((folder) => tradeOnDisk(desk, folder)),
});

async function tradeOnDisk(desk: Desk, directory: string): Promise<void> {
  await desk.end(desk.probe);
  const probe: Probe = desk.connect({}, (ports) => ({
    ...ports,
    journals: createSqliteJournals({ directory }),
  }));
  desk.take(probe);
  await probe.start();
  await desk.untilReady();
  await desk.rest();
  await expectPrivate(directory);
  await desk.end(probe);
  await expectPrivate(directory);
}

async function expectPrivate(directory: string): Promise<void> {
  const entries = await othersMay(directory);
  must(entries.size > 1, "journals on disk");
  mustEqual(
    [...entries].filter(([, may]) => may !== 0),
    [],
    "what others may do with the files",
  );
}
