/** A model in the price data that a test serves. */
export interface PricedModel {
  readonly id: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly contextWindow?: number;
}

/** Price data of one vendor, whose address is an upstream of the test's. */
export function priceDataOf(address: string, models: readonly PricedModel[]): unknown {
  return [
    {
      id: "test-vendor",
      name: "Test vendor",
      api_pattern: address.replaceAll(".", "\\."),
      models: models.map(({ id, input, output, contextWindow }) => ({
        id,
        match: { starts_with: id },
        prices: { input_mtok: input, output_mtok: output },
        ...(contextWindow !== undefined && { context_window: contextWindow }),
      })),
    },
  ];
}
