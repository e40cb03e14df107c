import { inspect } from "node:util";
import type { HttpClient, Journal, Ports } from "@conn/core";
import { ConformanceFailure, must } from "./failure.js";
import type { Probe } from "./probe.js";
import type { Stage } from "./stage.js";

/** A text that nobody may see, and what it is. */
interface Secret {
  readonly what: string;
  readonly text: string;
}

/** Names of secrets that a connector may have forgotten to declare. */
const USUAL = {
  headers: ["authorization", "cookie"],
  query: ["signature", "sig", "token", "listenKey"],
  fields: ["signature", "sig", "token", "listenKey", "api_key", "apiKey", "passphrase"],
};

/** Shorter texts are none: they could stand anywhere by chance. */
const LEAST_LENGTH = 12;
const decoder = new TextDecoder();

/**
 * Knows the secrets of an account, and learns those of its session from the wire by the names that the connector's `Auth`
 * declares: signatures, listen keys, tokens. Looks for them in everything that a program can see or keep.
 */
export class SecretWatch {
  readonly #stage: Stage;
  readonly #secrets = new Map<string, Secret>();
  /** What was written down, thrown or otherwise seen. */
  readonly #seen: { readonly where: string; readonly text: string }[] = [];

  constructor(stage: Stage, { apiKey, secret }: { readonly apiKey: string; readonly secret: string }) {
    this.#stage = stage;
    this.#add("the API key", apiKey);
    this.#add("the secret", secret);
    stage.world.onTraffic((event) => {
      if (event.type === "answer" && event.body !== undefined) this.#learnFields(decoder.decode(event.body));
      if (event.type === "frame" && event.kind === "text" && event.sender === "client")
        this.#learnFields(decoder.decode(event.data));
      if (event.type === "request") this.#learnQuery(event.url);
    });
  }

  /** What the secrets are that are known. */
  get kinds(): ReadonlySet<string> {
    return new Set([...this.#secrets.values()].map(({ what }) => what));
  }

  /** How many secrets are known. */
  get count(): number {
    return this.#secrets.size;
  }

  /** The same ports, with what goes through them looked at. */
  watch(ports: Ports): Ports {
    return {
      ...ports,
      http: {
        open: async (options) => {
          const client = await ports.http.open(options);
          const request: HttpClient["request"] = (one) => {
            this.#learnFields(one.body ?? "");
            for (const name of this.#names("headers")) {
              const value = one.headers?.[name.toLowerCase()];
              if (value !== undefined) this.#add(`header ${name}`, value);
            }
            return client.request(one);
          };
          return { request, close: () => client.close() };
        },
      },
      journals: {
        open: async (binding) => {
          this.#seen.push({ where: "the name of the journal", text: JSON.stringify(binding) });
          const journal = await ports.journals.open(binding);
          return this.#watchJournal(journal);
        },
      },
    };
  }

  /** Notes something that was thrown. */
  note(thrown: unknown): void {
    this.#seen.push({ where: "an error", text: show(thrown) });
  }

  /** Notes what somebody keeps. */
  see(where: string, what: unknown): void {
    this.#seen.push({ where, text: show(what) });
  }

  /** @throws {ConformanceFailure} if a secret stands in what these connectors told, in what was logged, written down or thrown. */
  expectNone(probes: readonly Probe[]): void {
    const { logLines } = this.#stage.world;
    const places = [
      ...this.#seen,
      ...logLines.map((line) => ({ where: "a log line", text: show(line) })),
      ...probes.flatMap(({ events }) => events.map((event) => ({ where: "an event", text: show(event) }))),
      ...probes.map(({ connector }) => ({
        where: "what is printed of the connector",
        text: show([connector, connector.metrics()]),
      })),
    ];
    must(places.length > 0, "something to look through");
    for (const { where, text } of places) {
      for (const secret of this.#secrets.values()) {
        if (!text.includes(secret.text)) continue;
        const shown = text.replaceAll(secret.text, `<${secret.what}>`).slice(0, 400);
        throw new ConformanceFailure(`expected: no secret in ${where}, but ${secret.what} is in ${shown}`);
      }
    }
  }

  #watchJournal(journal: Journal): Journal {
    const seen = this.#seen;
    return {
      get created() {
        return journal.created;
      },
      write(entries) {
        seen.push({ where: "the journal", text: JSON.stringify(entries) });
        journal.write(entries);
      },
      get: (collection, key) => journal.get(collection, key),
      entries: (collection) => journal.entries(collection),
      all: () => journal.all(),
      close: () => journal.close(),
    };
  }

  #names(place: "headers" | "query" | "fields"): readonly string[] {
    return [...USUAL[place], ...(this.#stage.definition.auth?.secrets[place] ?? [])];
  }

  #learnQuery(url: string): void {
    const { searchParams } = new URL(url);
    for (const name of this.#names("query")) {
      for (const value of searchParams.getAll(name)) this.#add(name, value);
    }
  }

  #learnFields(text: string): void {
    if (!text.startsWith("{") && !text.startsWith("[")) return;
    for (const name of this.#names("fields")) {
      for (const [, value] of text.matchAll(new RegExp(`"${name}"\\s*:\\s*"([^"]*)"`, "g")))
        this.#add(name, value ?? "");
    }
  }

  #add(what: string, text: string): void {
    if (text.length >= LEAST_LENGTH && !this.#secrets.has(text)) this.#secrets.set(text, { what, text });
  }
}

/** As a program's log would show it, causes and hidden fields included. */
function show(value: unknown): string {
  return inspect(value, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null });
}
