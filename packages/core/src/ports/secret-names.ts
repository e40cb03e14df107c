/**
 * Names whose values are secrets, beside those that look like it. Compared without regard to case.
 */
export interface SecretNames {
  readonly headers?: readonly string[];
  /** Parameters of a URL's query, and of bodies written like one. */
  readonly query?: readonly string[];
  /** Fields of JSON bodies and frames, at any depth. */
  readonly fields?: readonly string[];
  /** Names that look like secrets and are none, such as a public field called `token`. */
  readonly harmless?: readonly string[];
}
