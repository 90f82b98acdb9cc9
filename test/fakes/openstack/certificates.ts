import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyPair } from "../../../simulator/openstack/server/start.ts";

export interface Certificates {
  /** The private authority that has signed both, as PEM. */
  readonly authority: string;
  /** For 127.0.0.1 and localhost. */
  readonly right: KeyPair;
  /** By the same authority, for another name. */
  readonly wrong: KeyPair;
  /** For the right name, by an authority that nobody knows. */
  readonly stranger: KeyPair;
}

let made: Certificates | undefined;

/** Made once in a process: it takes a tenth of a second. */
export function fakeCertificates(): Certificates {
  made ??= makeCertificates();
  return made;
}

const HERE = "IP:127.0.0.1,DNS:localhost";

function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "openstack-certificates-"));
  try {
    const authority = make(folder, "authority", { names: "DNS:authority.example", isAuthority: true });
    const signer = { cert: join(folder, "authority.pem"), key: join(folder, "authority.key") };
    return {
      authority: authority.cert,
      right: make(folder, "right", { names: HERE, signer }),
      wrong: make(folder, "wrong", { names: "DNS:elsewhere.example", signer }),
      stranger: make(folder, "stranger", { names: HERE }),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface CertificateParts {
  readonly names: string;
  readonly signer?: { readonly cert: string; readonly key: string };
  readonly isAuthority?: boolean;
}

function make(folder: string, name: string, { names, signer, isAuthority = false }: CertificateParts): KeyPair {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  args.push("-keyout", key, "-out", cert, "-subj", `/CN=${name}`, "-addext", `subjectAltName=${names}`);
  if (!isAuthority && signer !== undefined) args.push("-addext", "basicConstraints=critical,CA:FALSE");
  if (signer !== undefined) args.push("-CA", signer.cert, "-CAkey", signer.key);
  execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}
