import type { Vendor } from "./price-data.js";

/** How a configured provider says whose models it has. */
export interface VendorHint {
  /** Ids that the vendor may have in the data, the likeliest first. */
  readonly ids: readonly string[];
  /** The provider's address, where the operator has written one. */
  readonly baseUrl: string | undefined;
  /** Whether the operator wrote the ids: then they count at any address. */
  readonly certain: boolean;
}

/**
 * Whose models a provider has. An address that the operator wrote decides: a server that speaks a vendor's dialect does
 * not charge that vendor's prices.
 */
export function findVendor(vendors: readonly Vendor[], { ids, baseUrl, certain }: VendorHint): Vendor | undefined {
  if (baseUrl !== undefined && !certain) {
    return vendors.find((vendor) => new RegExp(`^(?:${vendor.api_pattern})`).test(baseUrl));
  }
  for (const id of ids) {
    const vendor = vendors.find((each) => each.id === id);
    if (vendor !== undefined) return vendor;
  }
  return undefined;
}
