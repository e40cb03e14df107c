import { spawn } from "node:child_process";

/** Runs a program and gives its whole output back; no problem if it succeeded. */
export async function runTool(root: string, command: string, ...args: string[]): Promise<string[]> {
  const { code, output } = await new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    // Some tools take FORCE_COLOR, whatever its value, for a wish to have colors.
    const { FORCE_COLOR: _, ...environment } = process.env;
    const child = spawn(command, args, {
      cwd: root,
      env: { ...environment, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output: Buffer.concat(chunks).toString("utf8").trim() }));
  });
  return code === 0 ? [] : [`${command} ${args.join(" ")} ended with ${code}\n${output}`];
}
