import { type Line, paint } from "./line.js";

/** Where a screen writes. `process.stdout` is one. */
export interface ScreenOutput {
  write(text: string): boolean;
  readonly writableNeedDrain: boolean;
}

const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
// Terminals that know it show what is between the two at once; others ignore it.
const BEGIN_UPDATE = "\u001b[?2026h";
const END_UPDATE = "\u001b[?2026l";

/**
 * The whole terminal as a page of lines. Takes the alternate screen, so that what stood there before
 * comes back at the end, and writes only lines that differ from what is shown.
 */
export class Screen {
  readonly #output: ScreenOutput;
  readonly #colors: boolean;
  #shown: string[] = [];
  #open = false;

  constructor(output: ScreenOutput, options: { readonly colors: boolean }) {
    this.#output = output;
    this.#colors = options.colors;
  }

  /** Takes the terminal: alternate screen, no cursor, no line wrap. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    this.#shown = [];
    this.#output.write(ENTER);
  }

  /** Shows these lines. Leaves the picture as it is where the terminal has not yet taken the last one. */
  draw(lines: readonly Line[]): void {
    if (!this.#open || this.#output.writableNeedDrain) return;
    const painted = lines.map((line) => paint(line, this.#colors));
    let update = "";
    for (const [row, text] of painted.entries()) {
      if (text !== this.#shown[row]) update += `\u001b[${row + 1};1H${text}\u001b[K`;
    }
    if (painted.length < this.#shown.length) update += `\u001b[${painted.length + 1};1H\u001b[J`;
    this.#shown = painted;
    if (update !== "") this.#output.write(BEGIN_UPDATE + update + END_UPDATE);
  }

  /** Forgets what is shown: after a change of size the terminal may have moved it. */
  invalidate(): void {
    if (!this.#open) return;
    this.#shown = [];
    this.#output.write("\u001b[2J");
  }

  /** Gives the terminal back as it was. May be called at any time, more than once. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#output.write(LEAVE);
  }
}
