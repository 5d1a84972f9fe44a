"""Everything below /asterisk: the PBX itself, its modules, its logs, its dynamic configuration."""

from harness.scenario import compared

_MODULES = [
    ("GET", "/app_dial.so", {}),
    ("GET", "/app_dial", {}),
    ("GET", "/APP_DIAL.so", {}),
    ("GET", "/nope.so", {}),
    ("GET", "/nope", {}),
    ("GET", "/%2e%2e%2fx", {}),
    ("GET", "/a%20b", {}),
    ("POST", "/app_dial.so", {}),
    ("POST", "/nope.so", {}),
    ("POST", "/app_milliwatt.so", {}),
    ("POST", "/app_milliwatt", {}),
    ("GET", "/app_echo.so", {}),
    ("PUT", "/app_milliwatt.so", {}),
    ("PUT", "/app_milliwatt", {}),
    ("PUT", "/pbx_config.so", {}),
    ("PUT", "/res_musiconhold.so", {}),
    ("PUT", "/nope.so", {}),
    ("DELETE", "/res_ari_model.so", {}),
    ("DELETE", "/nope.so", {}),
    ("DELETE", "/app_milliwatt", {}),
    ("DELETE", "/app_milliwatt.so", {}),
    ("DELETE", "/app_milliwatt.so", {}),
    ("GET", "/app_milliwatt.so", {}),
    ("PATCH", "/app_dial.so", {}),
]

_LOGGING = [
    ("POST", "/mylog", {"configuration": "notice,warning"}),
    ("POST", "/mylog", {"configuration": "notice"}),
    ("POST", "/second", {}),
    ("POST", "/second", {"configuration": ""}),
    ("POST", "/second", {"configuration": "nope"}),
    ("POST", "/third", {"configuration": "[json]notice,debug,verbose(3)"}),
    ("DELETE", "/second", {}),
    ("DELETE", "/second", {}),
    ("DELETE", "/nope", {}),
    ("PUT", "/nope/rotate", {}),
    ("PUT", "/messages/rotate", {}),
    ("PUT", "/messages/rotate", {}),
    ("DELETE", "/third", {}),
    ("GET", "/mylog", {}),
]

_INFO = [{}, {"only": "build"}, {"only": "system"}, {"only": "config"}, {"only": "build,config"},
         {"only": "nope"}, {"only": ""}, {"only": "build,nope"}]

_VARIABLES = [
    ("GET", {"variable": "NOPE()"}),
    ("GET", {"variable": "CHANNEL(state)"}),
    ("POST", {"variable": "TEXT", "value": 'a,b "c" \\d'}),
    ("GET", {"variable": "TEXT"}),
    ("POST", {"variable": "TEXT", "value": ""}),
    ("GET", {"variable": "TEXT"}),
    ("POST", {"variable": "TEXT"}),
    ("POST", {"variable": "NOPE()", "value": "1"}),
    ("PUT", {"variable": "TEXT"}),
]

_OBJECTS = [
    ("GET", "res_pjsip/endpoint/alice"),
    ("GET", "res_pjsip/aor/alice"),
    ("GET", "res_pjsip/auth/alice"),
    ("GET", "res_pjsip/endpoint/nope"),
    ("GET", "res_pjsip/nope/alice"),
    ("GET", "nope/endpoint/alice"),
    ("GET", "..%2Fx/a/b"),
    ("GET", "res_pjsip/endpoint"),
]

# What changes the configuration; the objects of a .conf file cannot be changed natively either.
_CHANGES = [
    ("PUT", "res_pjsip/endpoint/alice", {"fields": [{"attribute": "context", "value": "phones"}]}),
    ("PUT", "res_pjsip/aor/alice", {}),
    ("PUT", "nope/endpoint/alice", {"fields": []}),
    ("DELETE", "res_pjsip/endpoint/alice", None),
    ("DELETE", "res_pjsip/endpoint/nope", None),
    ("DELETE", "nope/endpoint/alice", None),
]


def _requests(pbx, ari, events):
    for method, path, parameters in _MODULES:
        ari.request(method, "/asterisk/modules" + path, **parameters)
    for method, path, parameters in _LOGGING:
        ari.request(method, "/asterisk/logging" + path, **parameters)
    for parameters in _INFO:
        ari.get("/asterisk/info", **parameters)
    for method, parameters in _VARIABLES:
        ari.request(method, "/asterisk/variable", **parameters)
    for method, path in _OBJECTS:
        ari.request(method, "/asterisk/config/dynamic/" + path)
    for method, path, body in _CHANGES:
        ari.request(method, "/asterisk/config/dynamic/" + path, body)
    ari.get("/asterisk/modules")
    ari.get("/asterisk/logging")
    ari.get("/asterisk/ping")


compared("asterisk", _requests)
