import type { CommandIo } from "./command-io.js";

const BACKSPACE = new Set(["\u007f", "\b"]);
const CTRL_D = "\u0004";

/**
 * Asks a person at the terminal, who must write the whole word: a key pressed by mistake is no answer.
 *
 * @returns whether the answer is yes; false where nobody can be asked, and when the program is told to end.
 */
export function ask(
  question: string,
  io: Pick<CommandIo, "keyboard" | "stderr" | "signal" | "atExit">,
): Promise<boolean> {
  const { keyboard, stderr, signal } = io;
  if (keyboard === undefined || signal.aborted) return Promise.resolve(false);
  stderr.write(`${question} Write yes: `);
  return new Promise((resolve) => {
    let written = "";
    const end = (answer: boolean): void => {
      signal.removeEventListener("abort", onAbort);
      forget();
      stop();
      stderr.write("\n");
      resolve(answer);
    };
    const onAbort = (): void => end(false);
    const stop = keyboard.listen((typed) => {
      for (const key of typed) {
        if (key === CTRL_D) return end(false);
        if (key === "\r" || key === "\n") return end(written.trim().toLowerCase() === "yes");
        if (BACKSPACE.has(key)) {
          if (written === "") continue;
          written = written.slice(0, -1);
          stderr.write("\b \b");
        } else if (/^[\x20-\x7e]$/.test(key)) {
          written += key;
          stderr.write(key);
        }
      }
    });
    const forget = io.atExit(stop);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
