import type { Timer } from "@conn/core";
import { MarketMonitor, type WatchedConnector } from "../market/market-monitor.js";
import { formatBookLine, formatLogLine } from "../market/plain-line.js";
import type { CommandIo } from "../process/command-io.js";
import { Screen } from "../render/screen.js";
import type { Remark } from "../render/view.js";
import { renderWatchPage } from "../render/watch-page.js";
import { readTerminalFacts } from "./terminal-facts.js";

/** Time between two pictures in ms: more a person does not see, and the terminal should not be busy. */
const FRAME_MS = 80;
/** Time between two plain lines of a book in ms. */
const PLAIN_MS = 1_000;
const DEFAULT_DEPTH = 20;
// biome-ignore lint/suspicious/noControlCharactersInRegex: key sequences begin with one.
const KEY_SEQUENCE = /\u001b(\[[0-?]*[ -/]*[@-~]|O?.)/g;

/** What to show, and where. */
export interface LiveDisplayOptions {
  /** Started, and following `tradingPairs`. */
  readonly connector: WatchedConnector;
  readonly tradingPairs: readonly string[];
  readonly io: Pick<CommandIo, "stdout" | "env" | "ports" | "keyboard" | "atExit">;
  /** What is watched, such as `binance-perpetual sim`. */
  readonly title: string;
  /** Most price levels of a side. @default 20 */
  readonly depth?: number;
  /** Called when the person presses `q`. */
  readonly onQuit: () => void;
}

/** A live picture of a connector's books. */
export interface LiveDisplay {
  /** Whether it is a page that is redrawn; else it is a line for each book and second, and one for each event. */
  readonly isScreen: boolean;
  /** Adds a sentence to what happened. */
  say(remark: Remark): void;
  /** Shows a line over everything else; only on a screen. */
  setBanner(banner: Remark | undefined): void;
  /** Shows a sentence with a book until it is replaced. */
  setRemark(tradingPair: string, remark: Remark | undefined): void;
  /** Ends it and gives the terminal back. */
  close(): void;
}

/**
 * Shows books live: as a page on a terminal, as plain lines anywhere else.
 *
 * @throws {TypeError} if the connector does not know one of the pairs.
 * @throws {InstrumentError} TRADING_PAIR_NOT_TRACKED if it does not follow one of them.
 */
export function createLiveDisplay(options: LiveDisplayOptions): LiveDisplay {
  const { connector, tradingPairs, io, title, depth = DEFAULT_DEPTH } = options;
  const { stdout, ports } = io;
  const { isScreen, colors } = readTerminalFacts(io);
  const monitor = new MarketMonitor(connector, tradingPairs, ports.clock, (entry) => {
    if (!isScreen) stdout.write(`${formatLogLine(entry)}\n`);
  });
  const screen = new Screen(stdout, { colors });
  const offs: (() => void)[] = [() => monitor.stop()];
  let banner: Remark | undefined;
  let timer: Timer | undefined;
  let closed = false;

  const draw = (): void => {
    const { columns = 80, rows = 24 } = stdout;
    const view = {
      title,
      timestamp: ports.clock.now(),
      banner,
      books: monitor.views(depth),
      log: monitor.log,
      hint: io.keyboard === undefined ? "Ctrl-C ends" : "q or Ctrl-C ends",
    };
    screen.draw(renderWatchPage(view, { width: columns, height: rows, depth }));
  };
  const print = (): void => {
    // What a slow reader has not taken would only be older when he does.
    if (stdout.writableNeedDrain) return;
    const timestamp = ports.clock.now();
    for (const view of monitor.views(1)) stdout.write(`${formatBookLine(view, timestamp)}\n`);
  };
  const tick = (show: () => void, everyMs: number): void => {
    timer = ports.timers.set(everyMs, () => {
      show();
      tick(show, everyMs);
    });
  };

  if (isScreen) {
    const resized = (): void => {
      screen.invalidate();
      draw();
    };
    stdout.on("resize", resized);
    const stopListening = io.keyboard?.listen((typed) => {
      // Arrow keys and their like arrive as sequences, some of which hold a letter q.
      if (/q/i.test(typed.replaceAll(KEY_SEQUENCE, ""))) options.onQuit();
    });
    const forget = io.atExit(() => screen.close());
    offs.push(
      () => stdout.off("resize", resized),
      () => stopListening?.(),
      () => screen.close(),
      forget,
    );
    screen.open();
    draw();
    tick(draw, FRAME_MS);
  } else {
    tick(print, PLAIN_MS);
  }

  return {
    isScreen,
    say: (remark) => monitor.say(remark),
    setBanner: (next) => {
      banner = next;
    },
    setRemark: (tradingPair, remark) => monitor.remark(tradingPair, remark),
    close: () => {
      if (closed) return;
      closed = true;
      timer?.cancel();
      for (const off of offs) off();
    },
  };
}
