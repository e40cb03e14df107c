import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { BotNews, BotOrder } from "./bot-program.ts";

const STDERR_CHARACTERS = 4_000;

/** A trading program in a process of its own. */
export class BotProcess {
  readonly #child: ChildProcess;
  readonly #news: BotNews[] = [];
  #wake: (() => void) | undefined;
  #stderr = "";
  /** How it ended. */
  #end: { readonly code: number | null; readonly signal: string | null } | undefined;
  readonly #closed: Promise<void>;

  constructor(order: Extract<BotOrder, { type: "begin" }>) {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, "bot-program.ts")], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-STDERR_CHARACTERS);
    });
    this.#child.on("message", (news: BotNews) => {
      this.#news.push(news);
      this.#wake?.();
    });
    this.#closed = new Promise((resolve, reject) => {
      this.#child.once("error", reject).once("close", (code, signal) => {
        this.#end = { code, signal };
        this.#wake?.();
        resolve();
      });
    });
    this.tell(order);
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  tell(order: BotOrder): void {
    // A program that has ended meanwhile is found to have ended.
    this.#child.send(order, () => {});
  }

  /** What it tells next, of one kind. @throws {Error} if it ends before. */
  async next<Type extends BotNews["type"]>(type: Type): Promise<Extract<BotNews, { type: Type }>> {
    for (;;) {
      for (let news = this.#news.shift(); news !== undefined; news = this.#news.shift())
        // as: its type is the wanted one.
        if (news.type === type) return news as Extract<BotNews, { type: Type }>;
      if (this.#end !== undefined)
        throw new Error(`the program ended by itself: ${JSON.stringify(this.#end)} ${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Resolves when it has told something of a kind, or has ended. */
  async settled(type: BotNews["type"]): Promise<void> {
    await this.next(type).catch(() => undefined);
  }

  /** Kills it, if it lives. @throws {Error} if it ended in another way. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
    if (this.#end?.signal !== "SIGKILL")
      throw new Error(`the program ended by itself: ${JSON.stringify(this.#end)} ${this.#stderr}`);
  }

  /** Lets it stop. @throws {Error} if that fails. */
  async end(): Promise<void> {
    this.tell({ type: "end" });
    await this.#closed;
    if (this.#end?.code !== 0)
      throw new Error(`the program failed: ${JSON.stringify(this.#end)} ${this.#stderr}`);
  }
}
