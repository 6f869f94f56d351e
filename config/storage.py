"""Static files with their hash in their name: our ES modules too, which name each other in their first lines."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

OWN_MODULES = "studio/js/studio/*.js"
IMPORTS = (
    r'(?m)(?P<matched>^import (?P<names>\{[^}]*\}) from "(?P<url>\./[^"]+)";)',
    'import %(names)s from "%(url)s";',
)


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """As WhiteNoise's. Django's own rule for modules reads third-party bundles as well and trips over them."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, (OWN_MODULES, (IMPORTS,)))
