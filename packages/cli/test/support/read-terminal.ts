/** What a terminal shows after it was sent `text`. */
export interface TerminalPicture {
  readonly lines: readonly string[];
  readonly alternate: boolean;
  readonly cursor: boolean;
  readonly wrap: boolean;
}

/** A terminal as far as a screen uses one; anything else that is sent to it is an error. */
export function readTerminal(text: string): TerminalPicture {
  const modes = new Map([
    ["1049", false],
    ["25", true],
    ["7", true],
    ["2026", false],
  ]);
  let lines: string[] = [];
  let row = 0;
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
  const pattern = /\u001b\[(\?)?([\d;]*)([A-Za-z])|([^\u001b])/gsu;
  let read = 0;
  for (const match of text.matchAll(pattern)) {
    const [whole, isPrivate, parameters = "", command, character] = match;
    read += whole.length;
    if (character !== undefined) {
      const line = (lines[row] ?? "").padEnd(column);
      lines[row] = line.slice(0, column) + character + line.slice(column + 1);
      column += 1;
    } else if (isPrivate !== undefined) {
      if (!modes.has(parameters) || !(command === "h" || command === "l"))
        throw new Error(`unknown mode ${whole}`);
      modes.set(parameters, command === "h");
    } else if (command === "H") {
      const [toRow = 1, toColumn = 1] = parameters.split(";").map(Number);
      row = toRow - 1;
      column = toColumn - 1;
    } else if (command === "K") {
      lines[row] = (lines[row] ?? "").slice(0, column);
    } else if (command === "J" && parameters === "2") {
      lines = [];
    } else if (command === "J") {
      lines = lines.slice(0, row + (column > 0 ? 1 : 0));
    } else if (command !== "m") {
      throw new Error(`unknown sequence ${JSON.stringify(whole)}`);
    }
  }
  if (read !== text.length) throw new Error("a broken escape sequence");
  return {
    lines: Array.from(lines, (line) => line ?? ""),
    alternate: modes.get("1049") === true,
    cursor: modes.get("25") === true,
    wrap: modes.get("7") === true,
  };
}
