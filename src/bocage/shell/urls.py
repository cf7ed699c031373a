"""Addresses of the shell's own pages."""

from django.urls import path

from bocage.shell import pages, pwa

urlpatterns = [
    path("", pages.home, name="home"),
    path("services", pages.all_services, name="services"),
    path("search", pages.search, name="search"),
    path("notifications", pages.notifications, name="notifications"),
    path("notifications/read", pages.notifications_read, name="notifications-read"),
    path("appearance", pages.appearance, name="appearance"),
    path("offline", pwa.offline, name="offline"),
    path("app.webmanifest", pwa.manifest, name="manifest"),
    path("sw.js", pwa.service_worker, name="service-worker"),
]
