"""A small provider of OpenID Connect, of Python's standard library and the openssl command: `provider.py FOLDER PORT`.

FOLDER holds `provider.pem` and `provider.key` for TLS, `k1.key` and others to sign with (RSA), and `provider.json`, which is read anew
for each request: which key signs (`key`), what the token says beside the usual (`claims`), what is wrong with it (`wrong`: `signature`),
and `error`, with which somebody is sent back instead of with a code. What was asked is written to `provider.requests`, a line each.
"""

import base64
import hashlib
import http.server
import json
import pathlib
import secrets
import ssl
import subprocess
import sys
import time
import urllib.parse

FOLDER = pathlib.Path(sys.argv[1])
PORT = int(sys.argv[2])
ISSUER = f"https://id.example.jp:{PORT}"
CLIENT, SECRET = "sekisho", "s:e cret"
CODES = {}


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def told():
    return json.loads((FOLDER / "provider.json").read_text())


def public(name):
    modulus = openssl("rsa", "-in", FOLDER / f"{name}.key", "-noout", "-modulus").decode().split("=")[1]
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": name, "n": base64url(bytes.fromhex(modulus.strip())), "e": "AQAB"}


def token(nonce):
    order, now = told(), int(time.time())
    claims = {"iss": ISSUER, "aud": CLIENT, "nonce": nonce, "iat": now, "exp": now + 300} | order.get("claims", {})
    header = {"alg": "RS256", "typ": "JWT", "kid": order["key"]}
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    signer = order["key"] if order.get("wrong") != "signature" else "other"
    return f"{signed}.{base64url(openssl('dgst', '-sha256', '-sign', FOLDER / f'{signer}.key', data=signed.encode()))}"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def answer(self, status, value, **fields):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in fields.items():
            self.send_header(name, text)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def note(self):
        with open(FOLDER / "provider.requests", "a") as out:
            out.write(f"{self.command} {self.path.split('?')[0]}\n")

    def do_GET(self):
        self.note()
        path, _, query = self.path.partition("?")
        if path == "/.well-known/openid-configuration":
            self.answer(200, {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
                "response_types_supported": ["code"],
                "authorization_response_iss_parameter_supported": True,
            })
        elif path == "/keys":
            self.answer(200, {"keys": [public(told()["key"])]})
        elif path == "/authorize":
            self.authorize(dict(urllib.parse.parse_qsl(query)))
        else:
            self.answer(404, {})

    def authorize(self, asked):
        if asked.get("client_id") != CLIENT or asked.get("code_challenge_method") != "S256" or "openid" not in asked["scope"].split():
            return self.answer(400, {"error": "invalid_request"})
        back = {"state": asked["state"], "iss": ISSUER}
        if "error" in told():
            back |= told()["error"]
        else:
            back["code"] = secrets.token_urlsafe(16)
            CODES[back["code"]] = asked
        self.answer(302, {}, Location=f"{asked['redirect_uri']}?{urllib.parse.urlencode(back)}")

    def do_POST(self):
        self.note()
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        secret = ":".join(urllib.parse.quote_plus(part) for part in (CLIENT, SECRET))
        if self.headers["Authorization"] != f"Basic {base64.b64encode(secret.encode()).decode()}":
            return self.answer(401, {"error": "invalid_client"})
        asked = CODES.pop(form.get("code"), None)
        digest = base64url(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if not asked or asked["code_challenge"] != digest or asked["redirect_uri"] != form.get("redirect_uri"):
            return self.answer(400, {"error": "invalid_grant"})
        self.answer(200, {"access_token": "x", "token_type": "Bearer", "id_token": token(asked["nonce"])})


server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(FOLDER / "provider.pem", FOLDER / "provider.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
