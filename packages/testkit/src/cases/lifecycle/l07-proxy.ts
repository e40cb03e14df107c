import { inspect } from "node:util";
import { NetworkError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

const USER = "conn user";
const PASSWORD = "p@ss:word/%";
const OTHER_PASSWORD = "p@ss:word/&";
/** How long the proxy is away, in virtual ms. */
const OUTAGE_MS = 60_000;
/** Most dials of one connection in that time: what delays that double from half a second come to, and some more. */
const MOST_DIALS = 15;

/**
 * Given an HTTP CONNECT proxy that asks for credentials, and URLs at which nobody but that proxy reaches the venue.
 * Do follow two pairs through it and call the venue; take the proxy away for a minute; let it refuse the credentials
 * for a minute; start connectors through a proxy that refuses them, and through one that is not there.
 * Expect REST and streams to go through the proxy and nothing round it; while it is away or refuses, books that are
 * not live, typed errors, few dials, and recovery by itself; no password in any error or line of the log.
 */
export const proxy: ConformanceCase = {
  id: "L07",
  title: "the proxy is honored by REST and WebSocket, and nothing goes round it",
  needs: "orderBooks",
  async run(stage) {
    const { world } = stage;
    const pairs = stage.pairs(2);
    const gate = await openGate(stage);
    const { server } = gate;
    server.credentials = `${USER}:${PASSWORD}`;
    const following = stage.follow(pairs, { urls: gate.urls, proxy: gate.url(PASSWORD) });
    const probe = await following.catch((error: unknown) => {
      // The likeliest reason, and the one to tell.
      gate.expectNobody();
      throw error;
    });
    await world.advance(2_000);
    const check = (): Promise<void> =>
      world.complete(probe.connector.checkNetwork(), { withinMs: PATIENCE_MS, what: "checkNetwork()" });
    await check();
    probe.expectTruth(pairs);
    const connections = probe.connections().filter(({ state }) => state === "open").length;
    must(
      server.tunnels.length > connections,
      `a tunnel for each of ${connections} streams and one for REST, not ${inspect(server.tunnels)}`,
    );
    for (const { status, target, bytesUp, bytesDown } of server.tunnels) {
      mustEqual(status, 200, `the proxy's answer to a tunnel to ${target}`);
      must(bytesUp > 0 && bytesDown > 0, `bytes in both directions of a tunnel to ${target}`);
    }
    gate.expectNobody();

    const away = await outage(stage, probe, "a proxy that is away", async () => {
      await world.complete(server.goOffline(), { withinMs: PATIENCE_MS });
    });
    for (const error of away) mustBeError(error, NetworkError, "NETWORK_REFUSED");
    mustBeError(await errorOf(check, "a call through a proxy that is away"), NetworkError, "NETWORK_REFUSED");
    gate.expectNobody();
    await world.complete(server.goOnline(), { withinMs: PATIENCE_MS });
    await recovered(stage, probe, pairs);
    await check();

    const before = server.tunnels.length;
    const refused = await outage(stage, probe, "a proxy that refuses", async () => {
      server.credentials = "nobody:else";
      await world.complete(server.cut(), { withinMs: PATIENCE_MS });
    });
    for (const error of refused) mustBeError(error, NetworkError, "NETWORK_REFUSED");
    mustBeError(await errorOf(check, "a call through a proxy that refuses"), NetworkError, "NETWORK_REFUSED");
    const statuses = new Set(server.tunnels.slice(before).map(({ status }) => status));
    mustEqual([...statuses], [407], "the proxy's answers while it refuses");
    gate.expectNobody();
    server.credentials = `${USER}:${PASSWORD}`;
    await recovered(stage, probe, pairs);
    await probe.stop();

    await startFails(stage, gate.urls, gate.url(OTHER_PASSWORD), "credentials that the proxy refuses");
    const authority = server.authority;
    await world.complete(server.goOffline(), { withinMs: PATIENCE_MS });
    await startFails(stage, gate.urls, `http://${authority}`, "a proxy that is not there");
    gate.expectNobody();
    expectNoPassword([stage.probes.map(({ events }) => events), world.logLines]);
  },
};

/** URLs that lead to the venue only through a proxy, and who came to them otherwise. */
interface Gate {
  readonly server: Awaited<ReturnType<Stage["world"]["openProxy"]>>;
  readonly urls: Readonly<Record<string, string>>;
  /** The URL of the proxy with credentials. */
  url(password: string): string;
  /** @throws {ConformanceFailure} if something went round the proxy. */
  expectNobody(): void;
}

async function openGate(stage: Stage): Promise<Gate> {
  const { world, venue } = stage;
  // Whoever comes here has gone round the proxy, which alone knows where this leads.
  const visits: string[] = [];
  const decoy = await world.complete(
    world.portsOf("decoy").server.listen(
      { port: 0 },
      {
        onRequest({ method, path }, respond) {
          visits.push(`${method} ${path}`);
          respond({ status: 404 });
        },
        onUpgrade({ path }) {
          visits.push(`WebSocket ${path}`);
          return { status: 404 };
        },
      },
    ),
    { withinMs: PATIENCE_MS },
  );
  stage.atEnd(() => decoy.close());
  const authority = `${decoy.host}:${decoy.port}`;
  const [host, ...others] = new Set(Object.values(venue.urls).map((url) => new URL(url).host));
  must(host !== undefined && others.length === 0, "a simulated venue that listens at one port");
  const server = await world.complete(world.openProxy(new Map([[authority, host]])), {
    withinMs: PATIENCE_MS,
  });
  stage.atEnd(() => server.goOffline());
  return {
    server,
    urls: Object.fromEntries(
      Object.entries(venue.urls).map(([name, url]) => [name, url.replace(host, authority)]),
    ),
    url: (password) =>
      `http://${encodeURIComponent(USER)}:${encodeURIComponent(password)}@${server.authority}`,
    expectNobody: () => mustEqual([...visits, ...server.strays], [], "what went round the proxy"),
  };
}

/** Runs what breaks the proxy and lets the outage pass; the errors by which dials failed meanwhile. */
async function outage(
  stage: Stage,
  probe: Probe,
  what: string,
  begin: () => Promise<void>,
): Promise<readonly unknown[]> {
  const { world } = stage;
  const since = probe.events.length;
  await begin();
  await world.settle();
  must(!probe.connector.ready, `a connector behind ${what} not to be ready`);
  await stage.whileMarketsStand(() => world.advance(OUTAGE_MS));
  const events = probe.events.slice(since).filter((event) => event.type === "connection");
  for (const connectionId of new Set(events.map((event) => event.connectionId))) {
    const dials = events.filter(
      (event) => event.connectionId === connectionId && event.state === "connecting",
    );
    must(
      dials.length >= 2,
      `${connectionId} to be dialed on and on behind ${what}, not ${dials.length} times`,
    );
    must(dials.length <= MOST_DIALS, `at most ${MOST_DIALS} dials of ${connectionId}, not ${dials.length}`);
  }
  // The first one tells how the tunnels that there were ended.
  const errors = events.flatMap(({ reason, error }) => (reason === "refused" ? [error] : []));
  must(errors.length > 0, `dials that fail behind ${what}`);
  return errors;
}

async function recovered({ world }: Stage, probe: Probe, pairs: readonly string[]): Promise<void> {
  await probe.untilLive(pairs);
  await world.advance(1_000);
  probe.expectTruth(pairs);
}

/** Expects that a connector cannot start through a proxy, and leaves nothing. */
async function startFails(
  stage: Stage,
  urls: Readonly<Record<string, string>>,
  proxyUrl: string,
  what: string,
): Promise<void> {
  const probe = stage.connect({ urls, proxy: proxyUrl }, { owner: what });
  const error = await errorOf(
    () => stage.world.complete(probe.connector.start(), { withinMs: PATIENCE_MS, what: "start()" }),
    `a start with ${what}`,
  );
  mustBeError(error, NetworkError, "NETWORK_REFUSED");
  stage.expectNothingOpen(probe);
  expectNoPassword(error);
}

/** Expects that nothing that is told shows a password. */
function expectNoPassword(told: unknown): void {
  const text = inspect(told, { depth: 12, maxArrayLength: Infinity, maxStringLength: Infinity });
  for (const password of [PASSWORD, OTHER_PASSWORD]) {
    for (const spelling of [password, encodeURIComponent(password), btoa(`${USER}:${password}`)]) {
      must(!text.includes(spelling), "errors and log without the password of the proxy");
    }
  }
}
