/**
 * An address as the vendor's tools read it from the environment, made whole: a host without a scheme, with its port or
 * without one, is `http://` and the port that is meant. Undefined `port` means that the vendor's variable holds a whole
 * address: it is left as it is, for the check of the configuration to judge.
 */
export function fullAddress(value: string, port: number | undefined): string {
  if (port === undefined || value.includes("://")) return value;
  const address = `http://${isBareIpv6(value) ? `[${value}]` : value}`;
  if (!URL.canParse(address)) return value;
  // A port of 80 is no port to URL, so the text itself is asked.
  const [host = ""] = address.slice("http://".length).split("/");
  if (/:\d+$/.test(host)) return address;
  const url = new URL(address);
  url.port = String(port);
  return url.href.replace(/\/$/, "");
}

function isBareIpv6(value: string): boolean {
  return /^[0-9a-f:.]+$/i.test(value) && value.split(":").length > 2;
}
