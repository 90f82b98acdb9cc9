/** Whom the agent believes to be the collector, where the system's certificate authorities do not say. */
export interface CollectorTls {
  /** PEM: certificate authorities, or the collector's own certificate. */
  readonly ca: string;
  /** Believe the certificate whatever name it is for: it is the very one of this process. */
  readonly isPinned?: boolean | undefined;
}

/** As node:tls takes it. */
export interface TlsOptions {
  readonly ca?: string;
  readonly checkServerIdentity?: () => undefined;
}

export function tlsOptions(tls: CollectorTls | undefined): TlsOptions {
  if (tls === undefined) return {};
  return tls.isPinned === true ? { ca: tls.ca, checkServerIdentity: () => undefined } : { ca: tls.ca };
}
