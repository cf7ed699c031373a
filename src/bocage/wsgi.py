"""The door of pages and API: WSGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bocage.settings")
application = get_wsgi_application()
