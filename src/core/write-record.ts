/** Where records go, such as one for every exchange: fields that are safe to show. */
export type WriteRecord = (level: "info" | "warn" | "error", record: Record<string, unknown>) => void;
