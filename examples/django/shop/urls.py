from django.http import HttpResponseServerError, JsonResponse
from django.urls import include, path


def index(request):
    return JsonResponse({"ok": True})


def boom(request):
    return HttpResponseServerError("intentional")


urlpatterns = [
    path("", include("django_prometheus.urls")),  # serves /metrics
    path("", index, name="index"),
    path("boom/", boom, name="boom"),
]
