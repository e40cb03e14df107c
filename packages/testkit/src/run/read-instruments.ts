import type { ExchangeDefinition, HttpPort, HttpResponse, Instrument } from "@conn/core";
import type { ConformanceVenue } from "../venue/conformance-venue.js";

/**
 * The instruments as the connector reads them, so that pairs can be named before one is started. `complete` lets
 * time pass until the answer is there.
 */
export async function readInstruments(
  port: HttpPort,
  venue: Pick<ConformanceVenue, "urls">,
  definition: Pick<ExchangeDefinition, "instruments">,
  complete: (answer: Promise<HttpResponse>) => Promise<HttpResponse>,
): Promise<readonly Instrument[]> {
  const http = await port.open({ maxBodyBytes: 64 * 1024 * 1024 });
  const { method, path, query } = definition.instruments;
  const url = `${venue.urls.rest}${path}${query === undefined ? "" : `?${new URLSearchParams(query)}`}`;
  const { body } = await complete(http.request({ method, url }));
  await http.close();
  return definition.instruments.parse(body).instruments;
}
