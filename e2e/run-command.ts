import { execFile } from "node:child_process";

export interface CommandOptions {
  readonly cwd: string;
  /** @default the environment of this process */
  readonly env?: NodeJS.ProcessEnv;
  /** After this the command is killed and has failed, in ms. @default 60000 */
  readonly timeoutMs?: number;
}

export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. @throws an error with all it printed if it fails or takes too long. */
export function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env = process.env, timeoutMs = 60_000 }: CommandOptions,
): Promise<CommandOutput> {
  return new Promise((resolve, reject) => {
    // On Windows package managers are command files, which only a shell can run.
    const shell = process.platform === "win32" && command !== process.execPath;
    execFile(command, args, { cwd, env, shell, timeout: timeoutMs }, (error, stdout, stderr) => {
      if (error === null) return resolve({ stdout, stderr });
      const how = error.killed ? `was killed after ${timeoutMs} ms` : `failed with ${error.code}`;
      reject(new Error(`${[command, ...args].join(" ")} ${how}\n${stdout}\n${stderr}`, { cause: error }));
    });
  });
}
