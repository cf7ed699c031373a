"""Static files under names that carry their hash, so that a browser may keep them for good."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStatic(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also follows the imports between JavaScript modules: a page must never mix modules of two versions."""

    support_js_module_import_aggregation = True
