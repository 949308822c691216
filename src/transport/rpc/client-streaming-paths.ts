import type { DescService } from "@bufbuild/protobuf";

/** The paths of the methods whose client sends a stream, which may stay open for as long as the call. */
export function clientStreamingPaths(services: readonly DescService[]): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const service of services) {
    for (const { methodKind, name } of service.methods) {
      if (methodKind === "client_streaming" || methodKind === "bidi_streaming")
        paths.add(`/${service.typeName}/${name}`);
    }
  }
  return paths;
}
