import { quote, readArguments, readInteger } from "../arguments/read-arguments.js";
import { UsageError } from "../arguments/usage-error.js";
import { formatJson } from "../market/json-events.js";
import { aborted } from "../process/aborted.js";
import { EXIT_OK } from "../process/exit-code.js";
import type { Command } from "./command.js";

const DEFAULT_SEED = 1;

const HELP = `conn sim: a simulated venue on this machine

Usage
  conn sim <connector> [--port N] [--seed S] [--file FILE]

Starts the venue that the connector brings with it, on 127.0.0.1 only, and prints where it listens as one
line of JSON: {"type":"sim","connector":…,"urls":{…},"seed":…}. Runs until Ctrl-C or SIGTERM.

Options
  --port N    port to listen on, 1 to 65535; a free one if not given
  --seed S    the same seed gives the same market; 1 if not given
  --file FILE where the venue is, with a key that it has issued, for --sim FILE of conn trade and conn doctor;
              only you can read it
  --json      the output is JSON in any case
  --help      this text

Examples
  conn sim binance-perpetual
  conn sim binance-perpetual --port 9001 --seed 7
  conn sim binance-perpetual --file sim.json
  conn trade binance-perpetual balances --sim sim.json
  conn watch binance-perpetual BTC-USDT --environment sim --url rest=http://127.0.0.1:9001 \\
    --url public=ws://127.0.0.1:9001/public --url market=ws://127.0.0.1:9001/market \\
    --url private=ws://127.0.0.1:9001/private
`;

/** `conn sim`. */
export const sim: Command = {
  name: "sim",
  summary: "run a connector's simulated venue",
  help: HELP,
  async run(args, io) {
    const { values, positionals } = readArguments(args, {
      port: { type: "string" },
      seed: { type: "string" },
      file: { type: "string" },
      json: { type: "boolean" },
    });
    const [connector, unexpected] = positionals;
    if (connector === undefined)
      throw new UsageError("conn sim needs the name of a connector; conn list shows them");
    if (unexpected !== undefined)
      throw new UsageError(`conn sim takes one connector, and ${quote(unexpected)} is one more`);
    const port = values.port === undefined ? 0 : readInteger("port", values.port, 1, 65_535);
    const seed =
      values.seed === undefined ? DEFAULT_SEED : readInteger("seed", values.seed, 0, Number.MAX_SAFE_INTEGER);

    const { startSimulator } = await io.registry.simulator(connector);
    const venue = await startSimulator({ ports: io.ports, port, seed });
    try {
      const { file } = values;
      if (file !== undefined) {
        const { credentials, urls } = venue;
        // The same seed issues the same key: the journal of an earlier run must not be taken for this one's.
        const account = `sim-${seed}-${io.ports.clock.now()}`;
        const issued = credentials && { credentials: { ...credentials, account } };
        await io.disk.replaceFile(file, `${formatJson({ type: "sim", connector, urls, seed, ...issued })}\n`);
      }
      io.stdout.write(`${formatJson({ type: "sim", connector, urls: venue.urls, seed })}\n`);
      await aborted(io.signal);
    } finally {
      await venue.close();
    }
    return EXIT_OK;
  },
};
