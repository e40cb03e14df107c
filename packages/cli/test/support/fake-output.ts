import { EventEmitter } from "node:events";
import type { Output } from "../../src/process/command-io.js";

/** Takes what is written, and can be made slow. */
export class FakeOutput extends EventEmitter implements Output {
  text = "";
  writableNeedDrain = false;
  isTTY: boolean;
  columns = 80;
  rows = 24;

  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }

  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }

  write(text: string): boolean {
    this.text += text;
    return !this.writableNeedDrain;
  }

  /** The reader has caught up. */
  drain(): void {
    this.writableNeedDrain = false;
    this.emit("drain");
  }
}
