/** Which venue is meant: the real one, its test network, or a simulation of it on this machine. */
export type Environment = "live" | "testnet" | "sim";
