"""Certificates for one test, made by the openssl command. Dates are arguments, so an expired one needs no wait."""

import datetime
import itertools
import subprocess

CA_CONFIG = """\
[ca]
default_ca = test
[test]
dir = {folder}
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = optional
"""


def stamp(days):
    """Now plus some days, in the form that `openssl ca` wants."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return moment.strftime("%Y%m%d%H%M%SZ")


class Certificate:
    """Paths of a certificate with its key; `chain` is the file that a server sends."""

    def __init__(self, cert, key, chain):
        self.cert = cert
        self.key = key
        self.chain = chain


class CertificateMaker:
    def __init__(self, folder):
        self.folder = folder / "certificates"
        self.folder.mkdir(mode=0o755)
        (self.folder / "index.txt").touch()
        (self.folder / "ca.cnf").write_text(CA_CONFIG.format(folder=self.folder), encoding="ascii")
        self.numbers = itertools.count()
        self.root = self.authority("Test Root")

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(f"openssl {' '.join(map(str, arguments))}:\n{done.stderr}")

    def _request(self, subject):
        base = self.folder / f"c{next(self.numbers)}"
        key = base.with_suffix(".key")
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                      key, "-out", base.with_suffix(".csr"), "-subj", f"/CN={subject}")
        return base, key

    def _sign(self, base, issuer, extensions, days):
        (base.with_suffix(".ext")).write_text(extensions, encoding="ascii")
        signer = ["-selfsign", "-keyfile", base.with_suffix(".key")]
        if issuer is not None:
            signer = ["-cert", issuer.cert, "-keyfile", issuer.key]
        self._openssl("ca", "-batch", "-notext", "-config", self.folder / "ca.cnf", *signer, "-in",
                      base.with_suffix(".csr"), "-out", base.with_suffix(".pem"), "-startdate", stamp(days[0]),
                      "-enddate", stamp(days[1]), "-extfile", base.with_suffix(".ext"))
        return base.with_suffix(".pem")

    def authority(self, subject, issuer=None, days=(-30, 3650)):
        base, key = self._request(subject)
        cert = self._sign(base, issuer, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                          "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n", days)
        return Certificate(cert, key, cert)

    def revoke(self, certificate, reason="keyCompromise"):
        self._openssl("ca", "-config", self.folder / "ca.cnf", "-cert", self.root.cert, "-keyfile", self.root.key,
                      "-revoke", certificate.cert, "-crl_reason", reason)

    def revocation_list(self, end_days=7, begin_days=-1):
        """A CRL of the root over everything that was revoked; one file, which each call writes anew."""
        path = self.folder / "root.crl"
        self._openssl("ca", "-config", self.folder / "ca.cnf", "-cert", self.root.cert, "-keyfile", self.root.key,
                      "-gencrl", "-crl_lastupdate", stamp(begin_days), "-crl_nextupdate", stamp(end_days), "-out", path)
        return path

    def ocsp_response(self, certificate):
        """What a responder that signs with the key of the root says of a certificate now: a file in DER."""
        path = certificate.cert.with_suffix(".ocsp")
        request = certificate.cert.with_suffix(".request")
        self._openssl("ocsp", "-issuer", self.root.cert, "-cert", certificate.cert, "-no_nonce", "-reqout", request)
        self._openssl("ocsp", "-index", self.folder / "index.txt", "-CA", self.root.cert, "-rsigner", self.root.cert,
                      "-rkey", self.root.key, "-ndays", "1", "-reqin", request, "-respout", path)
        return path

    def leaf(self, names=("localhost",), addresses=("127.0.0.1",), issuer=None, days=(-1, 90), self_signed=False,
             send=(), aia="", must_staple=False):
        """A server certificate. `send`: the CA certificates that the server sends after it; `aia`: where its
        issuer's certificate is published."""
        base, key = self._request((list(names) or ["none"])[0])
        alternatives = ",".join([f"DNS:{n}" for n in names] + [f"IP:{a}" for a in addresses])
        extensions = f"basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName={alternatives}\n"
        if aia:
            extensions += f"authorityInfoAccess=caIssuers;URI:{aia}\n"
        if must_staple:
            extensions += "tlsfeature=status_request\n"
        cert = self._sign(base, None if self_signed else issuer or self.root, extensions, days)
        chain = base.with_suffix(".chain")
        chain.write_bytes(b"".join(path.read_bytes() for path in [cert, *(c.cert for c in send)]))
        return Certificate(cert, key, chain)
