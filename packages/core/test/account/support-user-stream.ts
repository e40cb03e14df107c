import {
  type ListenKeyAccess,
  type LoginAccess,
  type UserStreamDataSource,
  type UserStreamMessage,
  UserStreamTracker,
} from "../../src/account/index.js";
import {
  AuthError,
  type ConnError,
  ProtocolError,
  RateLimitError,
  VenueError,
} from "../../src/errors/index.js";
import type { RestCall } from "../../src/transport/index.js";
import { type FakeSocket, FakeWebSocketPort } from "../support/fake-web-socket.js";
import { VirtualTime } from "../support/virtual-time.js";

export const POLICY = {
  connectTimeoutMs: 10_000,
  backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0 },
  stableAfterMs: 30_000,
  pingAfterIdleMs: 5_000,
  silentAfterMs: 2_000,
  deadAfterMs: 5_000,
  closeTimeoutMs: 1_000,
  overlapMs: 5_000,
};
export const ANSWER_TIMEOUT_MS = 10_000;
export const KEEP_ALIVE_MS = 1_800_000;
export const VALID_MS = 3_600_000;

/** A call to the made-up venue's REST side. */
export type FakeCall =
  | { readonly kind: "open" }
  | { readonly kind: "keepAlive" | "close"; readonly key: string };

const request = { method: "POST", path: "/key", access: "key", cost: {} } as const;

/** The call, told apart by the body that is parsed: whoever makes it answers with the value itself. */
function fakeCall<Answer>(call: FakeCall): RestCall<Answer> {
  const described: RestCall<Answer> & { readonly fake: FakeCall } = {
    ...request,
    fake: call,
    parse: () => {
      throw new TypeError("calls are answered with values");
    },
  };
  return described;
}

const LOGIN: LoginAccess = {
  kind: "login",
  path: "/private",
  formatSubscribe: (id, timestamp) => JSON.stringify({ sub: id, timestamp }),
};
const LISTEN_KEY: ListenKeyAccess = {
  kind: "listenKey",
  open: fakeCall({ kind: "open" }),
  keepAlive: (key) => fakeCall({ kind: "keepAlive", key }),
  keepAliveMs: KEEP_ALIVE_MS,
  validMs: VALID_MS,
  path: (key) => `/ws/${key}`,
};

export interface UserStreamWorldOptions {
  readonly access?: "login" | "listenKey" | "closedListenKey" | "loginAlone";
  readonly maxAgeMs?: number;
  readonly random?: () => number;
  readonly pingAfterIdleMs?: number;
  readonly stableAfterMs?: number;
}

/** A tracker of a made-up venue's user stream; the test is the venue. What the owner is told is kept as text. */
export function createUserStream({
  access = "login",
  maxAgeMs,
  random = () => 0,
  // Silence is a matter of some tests only.
  pingAfterIdleMs = 1e9,
  stableAfterMs = POLICY.stableAfterMs,
}: UserStreamWorldOptions = {}) {
  const time = new VirtualTime();
  const webSocket = new FakeWebSocketPort();
  const told: string[] = [];
  const problems: ConnError[] = [];
  const states: string[] = [];
  const facts: unknown[] = [];
  const calls: FakeCall[] = [];
  const declared: string[] = [];
  let underWay = 0;
  let resyncs = 0;
  let keys = 0;
  let dials = 0;
  let answer: (call: FakeCall) => unknown = (call) => {
    if (call.kind !== "open") return undefined;
    keys += 1;
    return `secret-key-${keys}`;
  };
  let formatLogin = (id: number): Promise<string> => Promise.resolve(JSON.stringify({ login: id }));
  let admit = (): Promise<void> => Promise.resolve();
  let resync = (): Promise<void> => Promise.resolve();
  let onWord = (): void => undefined;
  const tell = (word: string): void => {
    told.push(word);
    onWord();
  };
  const accesses = {
    login: LOGIN,
    loginAlone: { kind: "login", path: "/private" },
    listenKey: LISTEN_KEY,
    closedListenKey: { ...LISTEN_KEY, close: (key: string) => fakeCall<unknown>({ kind: "close", key }) },
  } as const;
  const source: UserStreamDataSource = {
    route: "user",
    access: accesses[access],
    limits: { maxFrames: 100, framesPerMs: 1_000, maxMessageBytes: 1_000 },
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    parse(data, context) {
      const text = new TextDecoder().decode(data);
      if (text.startsWith("?")) throw new ProtocolError("MALFORMED_FRAME", `cannot read ${text}`);
      context.memo = ((context.memo as number | undefined) ?? 0) + 1;
      if (text === "memo") return [{ type: "unknown", what: `${context.route} ${context.memo}` }];
      return JSON.parse(text) as UserStreamMessage[];
    },
  };
  const tracker = new UserStreamTracker(
    {
      venue: "fake",
      source,
      url: "ws://venue",
      policy: { ...POLICY, pingAfterIdleMs, stableAfterMs },
      ports: {
        clock: time,
        timers: time,
        random: { next: random },
        webSocket,
        declareSecrets: (_, values) => declared.push(...values),
      },
      proxy: undefined,
      admitDial: () => {
        dials += 1;
        return admit();
      },
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      call: async <Answer>(call: RestCall<Answer>, signal: AbortSignal | undefined) => {
        const { fake } = call as RestCall<Answer> & { readonly fake: FakeCall };
        calls.push(fake);
        underWay += 1;
        try {
          return await new Promise<Answer>((resolve, reject) => {
            signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
            // as: the test answers with what the call would have read.
            Promise.resolve()
              .then(() => answer(fake) as Answer)
              .then(resolve, reject);
          });
        } finally {
          underWay -= 1;
        }
      },
      formatLogin: (id) => formatLogin(id),
      resync: () => {
        resyncs += 1;
        return resync();
      },
      judge: ({ venueCode, message }, call) => {
        const text = `${call}: ${message}`;
        const word = { venueCode, outcome: "rejected" } as const;
        if (venueCode === "time") return new AuthError("TIMESTAMP_REFUSED", text, word);
        if (venueCode === "key") return new AuthError("KEY_REFUSED", text, word);
        if (venueCode === "slow") return new RateLimitError("RATE_LIMITED", text, { retryAfterMs: 20_000 });
        return new VenueError("VENUE_REFUSED", text, word);
      },
      redact: (text, secrets) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text),
    },
    {
      onMessage: (message) =>
        tell(message.type === "balances" ? `balances ${assets(message)}` : message.type),
      onUp: () => tell("up"),
      onDown: () => tell("down"),
      onState: (id, state, stateFacts) => {
        states.push([id, state, stateFacts.reason].filter(Boolean).join(" "));
        facts.push(stateFacts);
        onWord();
      },
      onProblem: (error) => {
        problems.push(error);
        tell(`problem ${error.code}`);
      },
    },
  );
  const say = (socket: FakeSocket, ...messages: readonly object[]): void =>
    socket.receive(JSON.stringify(messages));
  /** Answers every login and subscription that a socket was sent. */
  const confirm = async (socket: FakeSocket = webSocket.last): Promise<void> => {
    for (let round = 0; round < 3; round += 1) {
      await time.advance(0);
      for (const text of socket.sent.splice(0)) {
        const { login, sub } = JSON.parse(text) as { login?: number; sub?: number };
        const requestId = login ?? sub;
        if (requestId !== undefined) say(socket, { type: "acknowledged", requestId });
      }
    }
  };
  return {
    time,
    webSocket,
    tracker,
    told,
    problems,
    states,
    facts,
    calls,
    declared,
    say,
    confirm,
    take: (): string[] => told.splice(0),
    dials: () => dials,
    resyncs: () => resyncs,
    underWay: () => underWay,
    answerWith: (next: typeof answer) => {
      answer = next;
    },
    loginWith: (next: typeof formatLogin) => {
      formatLogin = next;
    },
    /** Calls `next` whenever the owner is told something. */
    onWord: (next: typeof onWord) => {
      onWord = next;
    },
    admitWith: (next: typeof admit) => {
      admit = next;
    },
    resyncWith: (next: typeof resync) => {
      resync = next;
    },
    /** Opens the last dial and confirms what it asks. */
    async open(): Promise<FakeSocket> {
      await time.advance(0);
      const socket = webSocket.last;
      socket.open();
      await confirm(socket);
      return socket;
    },
    /** Advances until there is another dial; answers with the time it took. */
    async untilDial(): Promise<number> {
      const count = webSocket.sockets.length;
      const from = time.monotonic();
      for (let step = 0; webSocket.sockets.length === count; step += 1) {
        if (step > 1_000) throw new Error("nothing is dialed");
        await time.advance(100);
      }
      return time.monotonic() - from;
    },
  };
}

export type UserStreamWorld = ReturnType<typeof createUserStream>;

/** A message that tells of a balance; its asset is a name by which a test knows it. */
export const balance = (asset: string): object => ({ type: "balances", balances: [{ asset }] });

function assets({ balances }: Extract<UserStreamMessage, { type: "balances" }>): string {
  return balances.map(({ asset }) => asset).join();
}
