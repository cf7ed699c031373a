"""What each kind's plain definition calls bad, good and neither: numbers chosen from its words, by hand.

`lasts` and `ends` are the definition's times in seconds; `between` is a state that neither begins nor ends the alert;
`edge` is exactly the value that its words exclude ("under 20" is not 20); `not_if` are situations that look alike and
are none; `sources` must agree.
"""

from dataclasses import dataclass, field

from bocage.engines.alerts.tests.telling import Said


@dataclass(frozen=True)
class Situation:
    kind: str
    stream: str
    every: float
    bad: Said
    good: Said
    lasts: float = 0.0
    ends: float = 0.0
    between: Said | None = None
    edge: Said | None = None
    not_if: tuple[Said, ...] = field(default=())
    sources: int = 1
    hour: int = 12


def _vary(ground: Said, **values: float | str) -> Said:
    return {**ground, **values}


def _level(
    kind: str, stream: str, every: float, lasts: float, name: str, bad: float, between: float | None, good: float,
    edge: float, *, ends: float = 0.0, also: Said | None = None, not_if: tuple[Said, ...] = (), sources: int = 1,
    hour: int = 12,
) -> Situation:  # fmt: skip
    """One number is bad, in between, good; `edge` is the first that is not bad. `also` is said throughout."""
    ground = also or {}
    return Situation(
        kind, stream, every, _vary(ground, **{name: bad}), _vary(ground, **{name: good}), lasts, ends,
        None if between is None else _vary(ground, **{name: between}), _vary(ground, **{name: edge}),
        tuple(_vary(ground, **{name: bad}) | other for other in not_if), sources, hour,
    )  # fmt: skip


def _state(
    kind: str, stream: str, every: float, lasts: float, bad: Said, good: Said, *not_if: Said, hour: int = 12
) -> Situation:
    """A state that must last; what is in `not_if` is none."""
    return Situation(kind, stream, every, bad, good, lasts, not_if=not_if, hour=hour)


NOTHING: Said = {"what": "nothing", "sure_pct": 99}
CAR: Said = {"class": "car", "lane": "traffic", "speed_kmh": 45, "in_queue": "no", "limit_kmh": 50, "bay": "no"}
TRAFFIC = (
    _level("congestion_onset", "detector", 60, 180, "speed_kmh", 12, 25, 50, 20, ends=180, also={"flow_veh_h": 900},
           not_if=({"flow_veh_h": 0},)),
    _level("congestion_forecast_30min", "forecast", 300, 0, "high", 15, 25, 50, 20,
           also={"quantity": "speed_kmh", "horizon_minutes": 20}, not_if=({"horizon_minutes": 60},)),
    _level("queue_spillback_to_upstream", "corridor", 30, 120, "queue_share_pct", 100, 88, 40, 94),
    _level("gridlock_risk", "corridor", 30, 120, "exit_blocked_pct", 80, 40, 10, 50, sources=3),
    _level("capacity_drop", "corridor", 60, 600, "capacity_share_pct", 40, 68, 95, 60, also={"queue_share_pct": 50},
           not_if=({"queue_share_pct": 0},)),
    _level("travel_time_unreliable", "corridor", 60, 900, "spread_pct", 90, 50, 15, 60),
    _state("flow_absent_on_major", "detector", 60, 600, {"flow_veh_h": 0, "road": "main"},
           {"flow_veh_h": 400, "road": "main"}, {"flow_veh_h": 0, "road": "street"}),
    _level("bus_bunching", "bus", 30, 180, "headway_share_pct", 10, 40, 100, 25),
    _level("bus_late_on_corridor", "bus", 30, 120, "late_seconds", 500, 250, 0, 300, sources=3),
    _level("freight_restricted_route", "detector", 60, 600, "truck_share_pct", 30, 7, 1, 10,
           also={"road": "restricted", "flow_veh_h": 200}, not_if=({"road": "main"}, {"flow_veh_h": 4})),
    _level("tunnel_occupancy_high", "detector", 20, 60, "occupancy_pct", 50, 30, 10, 35,
           also={"road": "tunnel", "speed_kmh": 15}, not_if=({"road": "main"}, {"speed_kmh": 60})),
)  # fmt: skip
INCIDENTS = (
    Situation("stopped_vehicle_in_lane", "track", 1, _vary(CAR, speed_kmh=0), CAR, 15, between=_vary(CAR, speed_kmh=6),
              edge=_vary(CAR, speed_kmh=3), not_if=(_vary(CAR, speed_kmh=0, in_queue="yes"),
              _vary(CAR, speed_kmh=0, lane="parking"))),
    Situation("stopped_vehicle_on_shoulder", "track", 1, _vary(CAR, speed_kmh=0, lane="shoulder"),
              _vary(CAR, lane="shoulder"), 30, between=_vary(CAR, speed_kmh=6, lane="shoulder"),
              edge=_vary(CAR, speed_kmh=3, lane="shoulder"), not_if=(_vary(CAR, speed_kmh=0),)),
    _state("pedestrian_on_carriageway", "track", 1, 5, {"class": "pedestrian", "lane": "traffic"},
           {"class": "pedestrian", "lane": "pavement"}, {"class": "pedestrian", "lane": "crossing"}, CAR),
    _state("cyclist_on_motorway", "track", 1, 3, {"class": "bicycle", "lane": "motorway"},
           {"class": "bicycle", "lane": "bicycle"}, {"class": "bicycle", "lane": "traffic"},
           {"class": "motorcycle", "lane": "motorway"}),
    _state("animal_on_road", "track", 1, 3, {"class": "animal", "lane": "traffic"},
           {"class": "animal", "lane": "pavement"}),
    _state("debris_on_road", "track", 1, 20, {"class": "object", "lane": "traffic", "speed_kmh": 0},
           {"class": "object", "lane": "shoulder", "speed_kmh": 0}, _vary(CAR, speed_kmh=0),
           {"class": "object", "lane": "traffic", "speed_kmh": 20}),
    Situation("vehicle_fallen_load", "scene", 1, {"what": "load", "sure_pct": 92}, NOTHING, 5,
              10, {"what": "load", "sure_pct": 70}, {"what": "load", "sure_pct": 79}),
    Situation("smoke_or_fire_seen", "scene", 1, {"what": "fire", "sure_pct": 85}, NOTHING, 5, 30,
              {"what": "smoke", "sure_pct": 60}, {"what": "smoke", "sure_pct": 69}),
    Situation("flooded_road_seen", "scene", 1, {"what": "flood", "sure_pct": 90}, NOTHING, 60,
              60, {"what": "flood", "sure_pct": 70}, {"what": "flood", "sure_pct": 79}),
    _level("low_visibility_fog", "scene", 2, 300, "visibility_m", 60, 120, 900, 100, ends=60),
    Situation("person_down", "scene", 1, {"what": "person_down", "sure_pct": 90}, NOTHING, 10,
              10, {"what": "person_down", "sure_pct": 70}, {"what": "person_down", "sure_pct": 79}),
    _level("crowd_density_high", "scene", 1, 30, "density_per_m2", 5, 3.5, 1, 4, ends=30),
    _level("crowd_counterflow", "scene", 1, 20, "counterflow_pct", 50, 20, 5, 30, ends=10, also={"density_per_m2": 3},
           not_if=({"density_per_m2": 0.4},)),
    Situation("roadwork_unannounced", "scene", 2, {"what": "works", "works_declared": "no", "sure_pct": 90},
              {"what": "nothing", "works_declared": "no", "sure_pct": 99}, 300, 60,
              {"what": "works", "works_declared": "no", "sure_pct": 60},
              {"what": "works", "works_declared": "no", "sure_pct": 79},
              ({"what": "works", "works_declared": "yes", "sure_pct": 95},)),
)  # fmt: skip
INFRACTIONS = (
    _level("speeding_spot", "track", 0.5, 1, "speed_low_kmh", 63, None, 44, 50, also={"class": "car", "limit_kmh": 50},
           not_if=({"class": "emergency"},)),
    _level("speeding_average", "track", 1, 0, "mean_low_kmh", 58, None, 45, 50, also={"class": "car", "limit_kmh": 50},
           not_if=({"class": "emergency"},)),
    _level("illegal_parking", "track", 1, 300, "speed_kmh", 0, 3, 20, 2, also=_vary(CAR, lane="pavement"),
           not_if=({"bay": "yes"}, {"in_queue": "yes"})),
    _level("double_parking", "track", 1, 120, "speed_kmh", 0, 3, 20, 2, also=CAR,
           not_if=({"in_queue": "yes"}, {"lane": "parking"})),
    _state("bus_lane_misuse", "track", 1, 5, _vary(CAR, lane="bus"), CAR, _vary(CAR, lane="bus", **{"class": "bus"}),
           _vary(CAR, lane="bus", **{"class": "emergency"})),
    _level("emergency_lane_misuse", "track", 1, 5, "speed_kmh", 60, None, 0, 20, also=_vary(CAR, lane="emergency"),
           not_if=({"class": "emergency"}, {"lane": "traffic"})),
    _state("illegal_u_turn", "track", 1, 0, _vary(CAR, turn="u_turn", turn_allowed="no"),
           _vary(CAR, turn="straight", turn_allowed="no"), _vary(CAR, turn="u_turn", turn_allowed="yes")),
    _state("illegal_left_turn", "track", 1, 0, _vary(CAR, turn="left", turn_allowed="no"),
           _vary(CAR, turn="right", turn_allowed="no"), _vary(CAR, turn="left", turn_allowed="yes")),
    _state("stop_line_overrun", "track", 1, 3, _vary(CAR, at="line", speed_kmh=0, red_seconds=20),
           _vary(CAR, at="inside", red_seconds=20), _vary(CAR, at="before", speed_kmh=0, red_seconds=20),
           _vary(CAR, at="line", speed_kmh=0, red_seconds=0)),
    _level("box_junction_block", "track", 1, 10, "speed_kmh", 0, None, 30, 3, also=_vary(CAR, lane="junction"),
           not_if=({"lane": "traffic"},)),
    _state("crosswalk_not_yielded", "track", 1, 0, _vary(CAR, lane="crossing", walker_waiting="yes", speed_kmh=30),
           _vary(CAR, walker_waiting="no"), _vary(CAR, lane="crossing", walker_waiting="no", speed_kmh=30),
           _vary(CAR, lane="crossing", walker_waiting="yes", speed_kmh=6)),
    _state("helmetless_two_wheeler", "track", 1, 2, {"class": "motorcycle", "helmet": "no"},
           {"class": "motorcycle", "helmet": "yes"}, {"class": "motorcycle", "helmet": "unknown"},
           {"class": "bicycle", "helmet": "no"}),
    _level("bike_lane_blocked", "track", 1, 60, "speed_kmh", 0, 3, 20, 2, also=_vary(CAR, lane="bicycle"),
           not_if=({"lane": "parking"},)),
)  # fmt: skip
SIGNALS = (
    _state("signal_dark", "signal", 5, 20, {"lamps": "dark"}, {"lamps": "working"}, {"lamps": "flashing"}),
    _state("conflicting_greens", "signal", 1, 0, {"conflict": "yes"}, {"conflict": "no"}),
    _state("signal_flashing_long", "signal", 30, 900, {"lamps": "flashing"}, {"lamps": "working"}, {"lamps": "dark"}),
    _level("signal_split_failure", "signal", 60, 900, "split_failures_pct", 80, 40, 10, 50),
    _level("offset_degradation", "signal", 60, 900, "on_green_pct", 10, 40, 70, 30),
    _level("walk_wait_long", "signal", 60, 600, "walk_wait_seconds", 130, 80, 40, 90),
    _level("detector_stuck_on", "detector", 60, 600, "occupancy_pct", 100, 94, 12, 97, also={"flow_veh_h": 0},
           not_if=({"flow_veh_h": 300},)),
    _level("controller_clock_drift", "device", 60, 300, "clock_offset_seconds", 5, 1.5, 0.1, 2,
           also={"class": "controller"}, not_if=({"class": "camera"},)),
    _level("camera_moved_or_covered", "scene", 1, 60, "shift_pct", 80, 30, 0, 50),
    _level("camera_blinded", "scene", 1, 60, "dark_pct", 95, 65, 5, 80),
    _state("vms_fault", "device", 30, 120, {"class": "sign", "state": "fault"}, {"class": "sign", "state": "ok"},
           {"class": "camera", "state": "fault"}),
    _state("barrier_stuck", "device", 10, 30, {"class": "barrier", "state": "stuck"},
           {"class": "barrier", "state": "ok"},
           {"class": "lift", "state": "stuck"}),
    _level("device_battery_low", "device", 60, 3600, "battery_pct", 5, 20, 80, 15, also={"class": "sensor"},
           not_if=({"class": "camera"},)),
)  # fmt: skip
PEOPLE = (
    _state("ev_preemption_requested", "priority", 2, 0, {"state": "requested", "siren": "yes"},
           {"state": "none", "siren": "no"}, {"state": "requested", "siren": "no"}),
    _level("ev_delayed_vs_plan", "priority", 5, 10, "behind_seconds", 120, 45, 0, 60, also={"siren": "yes"},
           not_if=({"siren": "no"},)),
    _level("ambulance_route_blocked", "priority", 5, 30, "speed_kmh", 1, 10, 50, 5, also={"siren": "yes"},
           not_if=({"siren": "no"},)),
    _level("hospital_access_blocked", "access", 60, 120, "open_lanes", 0, None, 2, 1),
    _level("vehicle_overcrowded", "bus", 30, 300, "load_pct", 110, 88, 40, 95),
    _level("platform_overcrowded", "stop", 30, 120, "density_per_m2", 4, 2.5, 0.5, 3),
    _level("service_gap", "stop", 30, 60, "since_last_share_pct", 300, 150, 20, 200),
    _state("tram_door_fault", "bus", 20, 60, {"door": "fault"}, {"door": "closed"}, {"door": "open"}),
    _state("lift_out_of_order", "device", 60, 300, {"class": "lift", "state": "fault"},
           {"class": "lift", "state": "ok"},
           {"class": "pump", "state": "fault"}),
    _level("parking_full", "parking", 300, 600, "taken_pct", 100, 94, 60, 96),
    _state("charger_fault", "charger", 300, 600, {"state": "fault"}, {"state": "free"}, {"state": "charging"}),
    _level("charger_queue", "charger", 300, 900, "waiting", 4, 2, 0, 2),
    _state("loading_bay_blocked", "loading", 60, 600, {"taken_by": "car"}, {"taken_by": "nobody"},
           {"taken_by": "delivery"}),
    Situation("robotaxi_stalled", "robotaxi", 5, {"state": "driving", "speed_kmh": 0},
              {"state": "driving", "speed_kmh": 40}, 120, 0, {"state": "driving", "speed_kmh": 3},
              {"state": "driving", "speed_kmh": 1},
              ({"state": "parked", "speed_kmh": 0}, {"state": "boarding", "speed_kmh": 0})),
    _state("robotaxi_remote_help", "robotaxi", 1, 5, {"state": "help"}, {"state": "driving"}, {"state": "waiting"}),
    _level("fleet_supply_shortfall", "fleet", 60, 600, "wait_seconds", 900, 480, 120, 600),
    _level("pickup_zone_blocked", "fleet", 60, 180, "blocked_pct", 100, 65, 10, 80),
    _level("unusual_trip_duration", "robotaxi", 5, 60, "trip_share_pct", 300, 170, 80, 200, also={"state": "driving"},
           not_if=({"state": "parked"},)),
    _level("vehicle_battery_critical", "robotaxi", 5, 60, "battery_pct", 3, 12, 60, 8),
)  # fmt: skip
GOODS = (
    _level("parcel_cold_chain_breach", "parcel", 300, 1200, "cargo_c", 9, None, 3, 4,
           also={"most_c": 4, "state": "on_the_way"}, not_if=({"state": "delivered"},)),
    _level("locker_full", "store", 300, 1800, "taken_pct", 100, 94, 50, 97, also={"kind": "locker"},
           not_if=({"kind": "hub"},)),
    _level("courier_stationary_long", "courier", 30, 1200, "speed_kmh", 0, 2, 20, 1, also={"on_duty": "yes"},
           not_if=({"on_duty": "no"},)),
    _level("van_off_route", "courier", 30, 300, "off_route_m", 900, 350, 20, 500, also={"on_duty": "yes"},
           not_if=({"on_duty": "no"},)),
    _level("hub_overload", "store", 300, 1800, "taken_pct", 120, 95, 60, 100, also={"kind": "hub"},
           not_if=({"kind": "locker"},)),
)  # fmt: skip
WEATHER = (
    _level("heat_stress", "weather", 300, 1800, "felt_c", 42, 36, 25, 38),
    _level("black_ice_risk", "weather", 300, 600, "road_c", -2, 1, 5, 0.5, also={"humidity_pct": 95},
           not_if=({"humidity_pct": 40},)),
    _level("heavy_rain_onset", "weather", 60, 300, "rain_mm_h", 35, 12, 0, 20),
    _level("wind_gust_crane", "weather", 300, 0, "gust_km_h", 85, 60, 20, 72, ends=1800),
    _level("snow_on_roads", "weather", 300, 600, "snow_cm", 6, 2, 0, 2.9),
    _level("aquaplaning_risk", "weather", 60, 300, "water_mm", 7, 3, 0, 4),
    _level("ozone_forecast", "forecast", 600, 0, "low", 200, 165, 80, 180,
           also={"quantity": "ozone_ug_m3", "horizon_minutes": 600}, not_if=({"horizon_minutes": 3000},)),
)  # fmt: skip
NETWORKS = (
    _level("feeder_overload", "feeder", 60, 600, "load_pct", 120, 95, 60, 100),
    _state("street_light_out", "lamp", 600, 1800, {"lit": "no", "daylight_lux": 0}, {"lit": "yes", "daylight_lux": 0},
           {"lit": "no", "daylight_lux": 9000}),
    _state("street_light_day_on", "lamp", 600, 3600, {"lit": "yes", "daylight_lux": 9000},
           {"lit": "no", "daylight_lux": 9000}, {"lit": "yes", "daylight_lux": 0}),
    _level("pv_backfeed", "feeder", 60, 600, "back_kw", 300, None, 0, 200, also={"back_allowed_kw": 200}),
    _level("transformer_hot", "feeder", 60, 600, "oil_c", 105, 90, 60, 95),
    _level("water_quality_turbidity", "water", 60, 300, "turbidity_ntu", 3, 0.7, 0.1, 1),
    _level("sewer_overflow", "water", 60, 180, "sewer_share_pct", 100, 87, 30, 94),
    _state("pump_fault", "device", 30, 120, {"class": "pump", "state": "fault"}, {"class": "pump", "state": "ok"},
           {"class": "fan", "state": "fault"}),
    _level("bin_full", "bin", 600, 1800, "filled_pct", 97, 60, 5, 89),
    _level("bin_fire_temp", "bin", 60, 0, "inside_c", 200, 65, 20, 80),
)  # fmt: skip
PLACES = (
    _level("tunnel_air_bad", "tunnel", 30, 120, "co_ppm", 100, 60, 10, 70),
    _level("tunnel_overheight", "tunnel", 1, 0, "height_m", 4.6, None, 3.5, 4.2, also={"height_allowed_m": 4.2}),
    _level("bridge_wind_closure", "bridge", 30, 60, "gust_km_h", 110, 80, 30, 90, ends=600),
    _level("works_closed_too_much", "works", 600, 1200, "lanes_closed", 3, None, 1, 1, also={"lanes_allowed": 1}),
    _level("works_overdue", "works", 600, 0, "overdue_minutes", 200, None, 0, 60),
    _level("works_footway_too_narrow", "works", 600, 1200, "footway_m", 0.8, None, 2, 1.4),
    _level("event_crowd_forecast", "forecast", 300, 0, "low", 110, 95, 50, 100,
           also={"quantity": "people_share_pct", "horizon_minutes": 45}, not_if=({"horizon_minutes": 240},)),
    _level("event_egress_jam", "event", 30, 60, "exit_density_per_m2", 5, 3, 1, 3.5),
    _state("citizen_report_unanswered", "report", 600, 0, {"about": "pothole", "age_hours": 100},
           {"about": "pothole", "age_hours": 0}, {"about": "pothole", "age_hours": 72}),
    _level("event_log_gap", "feed", 60, 0, "missing_numbers", 2, None, 0, 0),
    _level("data_feed_lagging", "feed", 60, 300, "lag_seconds", 400, 60, 2, 120),
    _level("records_arrive_late", "feed", 60, 600, "late_pct", 12, 3, 0, 5),
    _level("records_refused", "feed", 60, 600, "refused_pct", 9, 1, 0, 2),
    _level("disk_nearly_full", "feed", 60, 600, "disk_pct", 96, 87, 50, 89),
    _level("wallet_terminal_anomaly", "terminal", 300, 600, "refused_pct", 60, 20, 2, 30, also={"payments": 40},
           not_if=({"payments": 3},)),
)  # fmt: skip
SITUATIONS = (*TRAFFIC, *INCIDENTS, *INFRACTIONS, *SIGNALS, *PEOPLE, *GOODS, *WEATHER, *NETWORKS, *PLACES)
