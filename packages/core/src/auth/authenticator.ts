import { AuthError } from "../errors/index.js";
import type { Clock } from "../ports/index.js";
import { hideSecrets } from "../recording/hide-secrets.js";
import { Redactor } from "../recording/redactor.js";
import type { RequestSigner, SignedRequest, UnsignedRequest, VenueTime } from "../transport/index.js";
import type { Account } from "./account.js";
import type { Auth, SigningContext } from "./auth.js";
import type { NonceSource } from "./nonce-source.js";
import { RefusedCalls } from "./refused-calls.js";
import type { Signer } from "./signer.js";

/** What an authenticator works with. */
export interface AuthenticatorOptions {
  readonly venue: string;
  readonly auth: Auth;
  readonly account: Account;
  readonly restUrl: string;
  /** What the venue's clock shows now. */
  readonly venueTime: () => VenueTime;
  /** Measures the venue's clock anew. @throws if that fails. */
  readonly resync: () => Promise<void>;
  readonly nonces: NonceSource;
  readonly clock: Pick<Clock, "monotonic">;
}

/** Signs requests and logins of one account at one venue, and knows what of them must not be shown. */
export class Authenticator implements RequestSigner {
  readonly #options: AuthenticatorOptions;
  readonly #redactor: Redactor;
  readonly #refused: RefusedCalls;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#redactor = new Redactor(options.auth.secrets);
    this.#refused = new RefusedCalls(options.clock);
  }

  /** Id of the account. */
  get accountId(): string {
    return this.#options.account.id;
  }

  async sign(request: UnsignedRequest, isUrgent: boolean): Promise<SignedRequest> {
    if (!isUrgent) this.#refused.check(request);
    const { auth } = this.#options;
    const [{ validUntil, ...wire }, secrets] = await this.#signed((context) =>
      auth.signRequest(request, context),
    );
    return { wire, validUntil, secrets };
  }

  /**
   * The frame that logs a connection in, made for this moment.
   *
   * @throws {AuthError} SIGNING_FAILED.
   * @throws {TypeError} if the venue has no such frame.
   */
  async formatLogin(): Promise<string> {
    const { auth } = this.#options;
    if (auth.formatLogin === undefined) throw new TypeError("this venue's Auth has no formatLogin");
    const formatLogin = auth.formatLogin.bind(auth);
    const [frame] = await this.#signed((context) => formatLogin(context));
    return frame;
  }

  answered(request: UnsignedRequest, refusal: AuthError | undefined): void {
    this.#refused.answered(request, refusal);
  }

  resync(): Promise<void> {
    return this.#options.resync();
  }

  redact(text: string, secrets: readonly string[] = []): string {
    const all = [...this.#options.account.secrets, ...secrets];
    return hideSecrets(this.#redactor.text(hideSecrets(text, all), "received"), all);
  }

  /** Lets `work` sign, and notes what it signs with and what comes of it. */
  async #signed<Result>(
    work: (context: SigningContext) => Result | Promise<Result>,
  ): Promise<readonly [Result, readonly string[]]> {
    const { account, restUrl, nonces, venue, venueTime } = this.#options;
    const { passphrase, subaccount } = account;
    const secrets = [...account.secrets];
    const timestamp = Math.floor(venueTime().timestamp);
    const nonce = nonces.next(timestamp);
    const signer = noting(account.signer, secrets);
    try {
      return [await work({ signer, timestamp, nonce, restUrl, passphrase, subaccount }), secrets];
    } catch (error) {
      // Not as the cause: what fails while it holds secrets may show them.
      throw new AuthError("SIGNING_FAILED", `${venue}: the request could not be signed`, {
        venue,
        outcome: "notSent",
        details: { why: error instanceof Error ? error.name : undefined },
      });
    }
  }
}

/** The signer, with each of its signatures noted among `secrets`. */
function noting(signer: Signer, secrets: string[]): Signer {
  const note = (signature: string): string => {
    secrets.push(signature);
    return signature;
  };
  return {
    keyId: signer.keyId,
    algorithm: signer.algorithm,
    sign(message, encoding) {
      const signature = signer.sign(message, encoding);
      return typeof signature === "string" ? note(signature) : signature.then(note);
    },
  };
}
