"""Pages of Parcel: mine, sending, the carrier's desk, the courier's phone."""

from django.urls import path

from bocage.services.parcel.pages import courier, desk, mine, sending

urlpatterns = [
    path("", mine.home, name="home"),
    path("send", sending.send, name="send"),
    path("send/<uuid:shipment_id>/speed", sending.speed, name="speed"),
    path("send/<uuid:shipment_id>/pay", sending.pay, name="pay"),
    path("p/<uuid:shipment_id>", mine.shipment, name="shipment"),
    path("p/<uuid:shipment_id>/cancel", mine.cancel, name="cancel"),
    path("p/<uuid:shipment_id>/code", mine.code, name="code"),
    path("p/<uuid:shipment_id>/claim", mine.claim, name="claim"),
    path("p/<uuid:shipment_id>/pay", mine.pay_on_delivery, name="pay-on-delivery"),
    path("p/<uuid:shipment_id>/waive", mine.waive, name="waive"),
    path("p/<uuid:shipment_id>/locker", mine.locker, name="locker"),
    path("p/<uuid:shipment_id>/live", mine.live, name="live"),
    path("p/<uuid:shipment_id>/proof/<str:kind>", mine.proof, name="proof"),
    path("p/<uuid:shipment_id>/label.pdf", mine.label, {"kind": "pdf"}, name="label"),
    path("p/<uuid:shipment_id>/label.zpl", mine.label, {"kind": "zpl"}, name="label-zpl"),
    path("t/<str:token>", mine.track, name="track"),
    path("desk", desk.desk, name="desk"),
    path("desk/lockers", desk.lockers, name="desk-lockers"),
    path("desk/lockers/<uuid:locker_id>", desk.set_open, name="desk-locker"),
    path("desk/<uuid:shipment_id>", desk.parcel, name="desk-parcel"),
    path("desk/<uuid:shipment_id>/claim", desk.grant, name="desk-claim"),
    # The page lies within the folder of its worker: a worker serves no page outside of it.
    path("courier/", courier.courier, name="courier"),
    path("courier/tour.json", courier.tour, name="courier-tour"),
    path("courier/worker.js", courier.worker, name="courier-worker"),
]
