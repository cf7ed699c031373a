"""Health's pages: the pass, the public register; each other module is one door."""

from django.urls import path

from bocage.services.health.pages import register, today

urlpatterns = [
    path("", today.home, name="home"),
    path("register", register.register, name="register"),
]
