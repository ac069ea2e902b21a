"""Which drivers there are. A module that is not there is a client that nobody drives yet."""

import importlib
import importlib.util

# Module and class, in the order of the tables.
DRIVERS = (
    ("firefox", "Firefox"),
    ("chromium", "Chromium"),
    ("curl", "Curl"),
    ("openssl", "OpenSsl"),
    ("gnutls", "GnuTls"),
    ("wget", "Wget"),
    ("node", "Node"),
    ("python", "Python"),
    ("go", "Go"),
    ("java", "Java"),
    ("nss", "Nss"),
)


def load():
    """One driver for each client, whether it is installed or not."""
    return [getattr(importlib.import_module(module), name)() for module, name in DRIVERS
            if importlib.util.find_spec(module) is not None]


def lacks(driver):
    """Why a driver cannot be used here; "" when it can."""
    if driver.available():
        return ""
    missing = driver.missing() if hasattr(driver, "missing") else []
    return (", ".join(missing) or driver.name) + (" are" if len(missing) > 1 else " is") + " not installed"
