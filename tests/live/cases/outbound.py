"""WebSockets that are opened towards the application: on every PBX what native 22 does."""

import subprocess
import time

from harness.outcome import check
from harness.registry import case
from harness.scenario import settle
from harness.sides import ARIGATE, NATIVE, client, side
from harness.ws_server import WebSocketServer

_CLIENTS = """
[persistent]
type = websocket_client
connection_type = persistent
uri = ws://127.0.0.1:{persistent}/some/path?x=1
protocols = ari
username = joe
password = secret
reconnect_interval = 300

[each-call]
type = websocket_client
connection_type = per_call_config
uri = ws://127.0.0.1:{per_call}
protocols = ari

[nobody]
type = websocket_client
connection_type = per_call_config
uri = ws://127.0.0.1:1
reconnect_interval = 100
reconnect_attempts = 2
"""
_CONNECTIONS = """
[first]
type = outbound_websocket
websocket_client_id = persistent
apps = oracle,another
local_ari_user = oracle

[second]
type = outbound_websocket
websocket_client_id = each-call
apps = percall
local_ari_user = reader

[third]
type = outbound_websocket
websocket_client_id = nobody
apps = nobody-home
local_ari_user = oracle
"""


@case("outbound-websockets")
def outbound_websockets(run):
    program = run.arigate_program()
    stories = {}
    for name in [ARIGATE] + ([NATIVE] if run.version == "22" else []):
        with WebSocketServer() as persistent, WebSocketServer() as per_call:
            clients = _CLIENTS.format(persistent=persistent.port, per_call=per_call.port)
            settings = clients + _CONNECTIONS if name == ARIGATE else ""
            with side(name, run.version, program, arigate_settings=settings) as (pbx, url):
                if name == NATIVE:
                    pbx.file("etc/websocket_client.conf").write_text(clients)
                    with open(pbx.file("etc/ari.conf"), "a") as file:
                        file.write(_CONNECTIONS)
                    for module in ("res_websocket_client.so", "res_ari.so"):
                        pbx.observer().action({"Action": "ModuleLoad", "Module": module, "LoadType": "reload"})
                stories[name] = _story(pbx, client(url), persistent, per_call)
    ours, native = stories[ARIGATE], stories.get(NATIVE, stories[ARIGATE])
    check(ours == native, f"native:  {native}\narigate: {ours}")


def _story(pbx, ari, persistent, per_call):
    story = []

    def tell(event):
        event = {k: v for k, v in event.items() if k in ("type", "application", "status_code", "args")}
        story.append(event)

    tell(persistent.wait(lambda e: e["type"] == "ApplicationRegistered" and e["application"] == "oracle"))
    tell(persistent.wait(lambda e: e["type"] == "ApplicationRegistered" and e["application"] == "another"))
    head = persistent.handshakes[0]
    story.append([head[k] for k in ("request", "authorization", "sec-websocket-protocol", "host")][:3])
    persistent.send({"type": "RESTRequest", "transaction_id": "t", "request_id": "r", "method": "GET",
                     "uri": "asterisk/ping"})
    tell(persistent.wait("RESTResponse"))
    pbx.call_locally("600")
    tell(persistent.wait("StasisStart"))
    story.append(sorted(a["name"] for a in ari.get("/applications")[1]))
    settle(pbx)
    pbx.call_locally("604")
    tell(per_call.wait("ApplicationRegistered"))
    start = per_call.wait("StasisStart")
    tell(start)
    check(start["application"] == f"percall:{start['channel']['name']}", f"application {start['application']}")
    per_call.send({"type": "RESTRequest", "transaction_id": "t", "request_id": "r", "method": "POST",
                   "uri": f"channels/{start['channel']['id']}/answer"})
    tell(per_call.wait("RESTResponse"))
    ari.delete(f"/channels/{start['channel']['id']}")
    tell(per_call.wait("StasisEnd"))
    per_call.wait_for(lambda: per_call.closes, 15)
    settle(pbx)
    pbx.call_locally("602")  # An application whose server is not there.
    pbx.observer().wait_event(lambda e: e["Event"] == "UserEvent" and e["UserEvent"] == "Refused" and
                              e["Status"] == "FAILED", 10)
    settle(pbx)
    since = len(persistent.events)
    persistent.drop_all()
    for name in ("oracle", "another"):  # Natively in any order, the second time.
        tell(persistent.wait(lambda e: e["type"] == "ApplicationRegistered" and e["application"] == name, since=since))
    for event in story:
        if isinstance(event, dict) and "application" in event:
            event["application"] = event["application"].split("-0000")[0]
    return story


@case("outbound-websocket-over-tls")
def outbound_websocket_over_tls(run):
    """The certificate has to be right, and its name; then it is as without TLS."""
    program = run.arigate_program()
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        pem = f"{folder}/server.pem"
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{folder}/key", "-out",
             f"{folder}/cert", "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
            capture_output=True)
        check(made.returncode == 0, made.stderr.decode())
        with open(pem, "w") as out:
            out.write(open(f"{folder}/key").read() + open(f"{folder}/cert").read())
        with WebSocketServer(pem) as good, WebSocketServer(pem) as unknown, WebSocketServer(pem) as misnamed:
            settings = "".join(
                f"[{name}-server]\ntype = websocket_client\nuri = wss://{host}:{server.port}\n{more}"
                f"[{name}]\ntype = outbound_websocket\nwebsocket_client_id = {name}-server\napps = {name}\n"
                "local_ari_user = oracle\n"
                for name, host, server, more in (
                    ("good", "localhost", good, f"ca_list_file = {folder}/cert\n"),
                    ("unknown", "localhost", unknown, ""),
                    ("misnamed", "127.0.0.1", misnamed, f"ca_list_file = {folder}/cert\n")))
            with side(ARIGATE, run.version, program, arigate_settings=settings) as (pbx, url):
                good.wait("ApplicationRegistered")
                unknown.wait_for(lambda: unknown.closes)
                misnamed.wait_for(lambda: misnamed.closes)
                time.sleep(0.3)
                check(not unknown.handshakes, "a certificate of nobody was accepted")
                check(not misnamed.handshakes, "a certificate for another name was accepted")
                # As natively an application is there while its connection is not.
                names = {a["name"] for a in client(url).get("/applications")[1]}
                check(names == {"good", "unknown", "misnamed"}, f"applications: {names}")
