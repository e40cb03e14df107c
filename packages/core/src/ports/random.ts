/** Randomness for jitter and ids. Not for keys. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded), uniformly distributed. */
  next(): number;
}
