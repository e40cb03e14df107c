/** One HTTP request. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Absolute URL, already percent-encoded. */
  readonly url: string;
  /** Header names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** The whole answer to a request. */
export interface HttpResponse {
  readonly status: number;
  /** Header names in lower case; repeated headers are joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Sends requests over kept-alive connections. Never follows a redirect. */
export interface HttpClient {
  /**
   * Sends one request and waits for the whole answer, whatever its status.
   *
   * @throws {NetworkError} if there is no answer; its `sent` says whether the venue may have the request.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Closes all connections; requests under way fail with a `NetworkError`. */
  close(): Promise<void>;
}

/** Options of an HTTP client. */
export interface HttpClientOptions {
  /** URL of an HTTP CONNECT proxy. */
  readonly proxy?: string;
  /** Answers whose body is longer than this many bytes fail with a `NetworkError`. */
  readonly maxBodyBytes: number;
}

/** Makes HTTP clients. An answer may take as long as it likes: core sets timeouts through `Timers` and signals. */
export interface HttpPort {
  open(options: HttpClientOptions): Promise<HttpClient>;
}
