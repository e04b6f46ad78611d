// The bytes of the files in the folder Console, taken in by the compiler. A new file gets two entries here; a test
// compares them with the folder.
#include "CConsole.h"

// Part of C23, which clang knows in all its versions of C.
#pragma clang diagnostic ignored "-Wc23-extensions"

#define FILE(name, bytes) {name, bytes, sizeof bytes}

static const unsigned char api_js[] = {
#embed "../../Console/api.js"
};
static const unsigned char base_css[] = {
#embed "../../Console/base.css"
};
static const unsigned char colours_js[] = {
#embed "../../Console/colours.js"
};
static const unsigned char comparison_matching_js[] = {
#embed "../../Console/comparison-matching.js"
};
static const unsigned char comparison_numbers_js[] = {
#embed "../../Console/comparison-numbers.js"
};
static const unsigned char comparison_pair_js[] = {
#embed "../../Console/comparison-pair.js"
};
static const unsigned char comparison_pictures_js[] = {
#embed "../../Console/comparison-pictures.js"
};
static const unsigned char comparison_view_js[] = {
#embed "../../Console/comparison-view.js"
};
static const unsigned char comparison_css[] = {
#embed "../../Console/comparison.css"
};
static const unsigned char comparison_js[] = {
#embed "../../Console/comparison.js"
};
static const unsigned char detect_classes_js[] = {
#embed "../../Console/detect-classes.js"
};
static const unsigned char detect_config_js[] = {
#embed "../../Console/detect-config.js"
};
static const unsigned char detect_drop_js[] = {
#embed "../../Console/detect-drop.js"
};
static const unsigned char detect_files_js[] = {
#embed "../../Console/detect-files.js"
};
static const unsigned char detect_settings_js[] = {
#embed "../../Console/detect-settings.js"
};
static const unsigned char detect_slices_js[] = {
#embed "../../Console/detect-slices.js"
};
static const unsigned char detect_start_js[] = {
#embed "../../Console/detect-start.js"
};
static const unsigned char detect_css[] = {
#embed "../../Console/detect.css"
};
static const unsigned char detect_js[] = {
#embed "../../Console/detect.js"
};
static const unsigned char dialog_js[] = {
#embed "../../Console/dialog.js"
};
static const unsigned char dom_js[] = {
#embed "../../Console/dom.js"
};
static const unsigned char events_js[] = {
#embed "../../Console/events.js"
};
static const unsigned char figures_css[] = {
#embed "../../Console/figures.css"
};
static const unsigned char figures_js[] = {
#embed "../../Console/figures.js"
};
static const unsigned char format_js[] = {
#embed "../../Console/format.js"
};
static const unsigned char harrier_svg[] = {
#embed "../../Console/harrier.svg"
};
static const unsigned char icons_js[] = {
#embed "../../Console/icons.js"
};
static const unsigned char index_html[] = {
#embed "../../Console/index.html"
};
static const unsigned char job_address_js[] = {
#embed "../../Console/job-address.js"
};
static const unsigned char job_compare_js[] = {
#embed "../../Console/job-compare.js"
};
static const unsigned char job_detections_js[] = {
#embed "../../Console/job-detections.js"
};
static const unsigned char job_downloads_js[] = {
#embed "../../Console/job-downloads.js"
};
static const unsigned char job_ending_js[] = {
#embed "../../Console/job-ending.js"
};
static const unsigned char job_export_js[] = {
#embed "../../Console/job-export.js"
};
static const unsigned char job_filter_js[] = {
#embed "../../Console/job-filter.js"
};
static const unsigned char job_head_js[] = {
#embed "../../Console/job-head.js"
};
static const unsigned char job_loader_js[] = {
#embed "../../Console/job-loader.js"
};
static const unsigned char job_log_js[] = {
#embed "../../Console/job-log.js"
};
static const unsigned char job_pictures_js[] = {
#embed "../../Console/job-pictures.js"
};
static const unsigned char job_progress_js[] = {
#embed "../../Console/job-progress.js"
};
static const unsigned char job_results_js[] = {
#embed "../../Console/job-results.js"
};
static const unsigned char job_sorting_js[] = {
#embed "../../Console/job-sorting.js"
};
static const unsigned char job_statistics_js[] = {
#embed "../../Console/job-statistics.js"
};
static const unsigned char job_table_js[] = {
#embed "../../Console/job-table.js"
};
static const unsigned char job_tabs_js[] = {
#embed "../../Console/job-tabs.js"
};
static const unsigned char job_css[] = {
#embed "../../Console/job.css"
};
static const unsigned char job_js[] = {
#embed "../../Console/job.js"
};
static const unsigned char jobs_bar_js[] = {
#embed "../../Console/jobs-bar.js"
};
static const unsigned char jobs_list_js[] = {
#embed "../../Console/jobs-list.js"
};
static const unsigned char jobs_renewal_js[] = {
#embed "../../Console/jobs-renewal.js"
};
static const unsigned char jobs_row_js[] = {
#embed "../../Console/jobs-row.js"
};
static const unsigned char jobs_selection_js[] = {
#embed "../../Console/jobs-selection.js"
};
static const unsigned char jobs_table_js[] = {
#embed "../../Console/jobs-table.js"
};
static const unsigned char jobs_text_js[] = {
#embed "../../Console/jobs-text.js"
};
static const unsigned char jobs_work_js[] = {
#embed "../../Console/jobs-work.js"
};
static const unsigned char jobs_css[] = {
#embed "../../Console/jobs.css"
};
static const unsigned char jobs_js[] = {
#embed "../../Console/jobs.js"
};
static const unsigned char main_js[] = {
#embed "../../Console/main.js"
};
static const unsigned char model_aliases_js[] = {
#embed "../../Console/model-aliases.js"
};
static const unsigned char model_golden_js[] = {
#embed "../../Console/model-golden.js"
};
static const unsigned char model_shadow_js[] = {
#embed "../../Console/model-shadow.js"
};
static const unsigned char model_versions_js[] = {
#embed "../../Console/model-versions.js"
};
static const unsigned char model_js[] = {
#embed "../../Console/model.js"
};
static const unsigned char models_reading_js[] = {
#embed "../../Console/models-reading.js"
};
static const unsigned char models_css[] = {
#embed "../../Console/models.css"
};
static const unsigned char models_js[] = {
#embed "../../Console/models.js"
};
static const unsigned char monitor_chart_js[] = {
#embed "../../Console/monitor-chart.js"
};
static const unsigned char monitor_numbers_js[] = {
#embed "../../Console/monitor-numbers.js"
};
static const unsigned char monitor_plot_js[] = {
#embed "../../Console/monitor-plot.js"
};
static const unsigned char monitor_css[] = {
#embed "../../Console/monitor.css"
};
static const unsigned char monitor_js[] = {
#embed "../../Console/monitor.js"
};
static const unsigned char picture_header_js[] = {
#embed "../../Console/picture-header.js"
};
static const unsigned char router_js[] = {
#embed "../../Console/router.js"
};
static const unsigned char session_js[] = {
#embed "../../Console/session.js"
};
static const unsigned char settings_js[] = {
#embed "../../Console/settings.js"
};
static const unsigned char theme_js[] = {
#embed "../../Console/theme.js"
};
static const unsigned char upload_batches_js[] = {
#embed "../../Console/upload-batches.js"
};
static const unsigned char upload_collect_js[] = {
#embed "../../Console/upload-collect.js"
};
static const unsigned char upload_run_js[] = {
#embed "../../Console/upload-run.js"
};
static const unsigned char upload_selection_js[] = {
#embed "../../Console/upload-selection.js"
};
static const unsigned char upload_send_js[] = {
#embed "../../Console/upload-send.js"
};
static const unsigned char upload_thumbnails_js[] = {
#embed "../../Console/upload-thumbnails.js"
};
static const unsigned char viewer_camera_js[] = {
#embed "../../Console/viewer-camera.js"
};
static const unsigned char viewer_controls_js[] = {
#embed "../../Console/viewer-controls.js"
};
static const unsigned char viewer_geometry_js[] = {
#embed "../../Console/viewer-geometry.js"
};
static const unsigned char viewer_index_js[] = {
#embed "../../Console/viewer-index.js"
};
static const unsigned char viewer_input_js[] = {
#embed "../../Console/viewer-input.js"
};
static const unsigned char viewer_loading_js[] = {
#embed "../../Console/viewer-loading.js"
};
static const unsigned char viewer_minimap_js[] = {
#embed "../../Console/viewer-minimap.js"
};
static const unsigned char viewer_overlay_js[] = {
#embed "../../Console/viewer-overlay.js"
};
static const unsigned char viewer_pyramid_js[] = {
#embed "../../Console/viewer-pyramid.js"
};
static const unsigned char viewer_scene_js[] = {
#embed "../../Console/viewer-scene.js"
};
static const unsigned char viewer_screen_js[] = {
#embed "../../Console/viewer-screen.js"
};
static const unsigned char viewer_stats_js[] = {
#embed "../../Console/viewer-stats.js"
};
static const unsigned char viewer_strokes_js[] = {
#embed "../../Console/viewer-strokes.js"
};
static const unsigned char viewer_tooltip_js[] = {
#embed "../../Console/viewer-tooltip.js"
};
static const unsigned char viewer_css[] = {
#embed "../../Console/viewer.css"
};
static const unsigned char viewer_js[] = {
#embed "../../Console/viewer.js"
};

static const harrier_console_file_t files[] = {
  FILE("api.js", api_js),
  FILE("base.css", base_css),
  FILE("colours.js", colours_js),
  FILE("comparison-matching.js", comparison_matching_js),
  FILE("comparison-numbers.js", comparison_numbers_js),
  FILE("comparison-pair.js", comparison_pair_js),
  FILE("comparison-pictures.js", comparison_pictures_js),
  FILE("comparison-view.js", comparison_view_js),
  FILE("comparison.css", comparison_css),
  FILE("comparison.js", comparison_js),
  FILE("detect-classes.js", detect_classes_js),
  FILE("detect-config.js", detect_config_js),
  FILE("detect-drop.js", detect_drop_js),
  FILE("detect-files.js", detect_files_js),
  FILE("detect-settings.js", detect_settings_js),
  FILE("detect-slices.js", detect_slices_js),
  FILE("detect-start.js", detect_start_js),
  FILE("detect.css", detect_css),
  FILE("detect.js", detect_js),
  FILE("dialog.js", dialog_js),
  FILE("dom.js", dom_js),
  FILE("events.js", events_js),
  FILE("figures.css", figures_css),
  FILE("figures.js", figures_js),
  FILE("format.js", format_js),
  FILE("harrier.svg", harrier_svg),
  FILE("icons.js", icons_js),
  FILE("index.html", index_html),
  FILE("job-address.js", job_address_js),
  FILE("job-compare.js", job_compare_js),
  FILE("job-detections.js", job_detections_js),
  FILE("job-downloads.js", job_downloads_js),
  FILE("job-ending.js", job_ending_js),
  FILE("job-export.js", job_export_js),
  FILE("job-filter.js", job_filter_js),
  FILE("job-head.js", job_head_js),
  FILE("job-loader.js", job_loader_js),
  FILE("job-log.js", job_log_js),
  FILE("job-pictures.js", job_pictures_js),
  FILE("job-progress.js", job_progress_js),
  FILE("job-results.js", job_results_js),
  FILE("job-sorting.js", job_sorting_js),
  FILE("job-statistics.js", job_statistics_js),
  FILE("job-table.js", job_table_js),
  FILE("job-tabs.js", job_tabs_js),
  FILE("job.css", job_css),
  FILE("job.js", job_js),
  FILE("jobs-bar.js", jobs_bar_js),
  FILE("jobs-list.js", jobs_list_js),
  FILE("jobs-renewal.js", jobs_renewal_js),
  FILE("jobs-row.js", jobs_row_js),
  FILE("jobs-selection.js", jobs_selection_js),
  FILE("jobs-table.js", jobs_table_js),
  FILE("jobs-text.js", jobs_text_js),
  FILE("jobs-work.js", jobs_work_js),
  FILE("jobs.css", jobs_css),
  FILE("jobs.js", jobs_js),
  FILE("main.js", main_js),
  FILE("model-aliases.js", model_aliases_js),
  FILE("model-golden.js", model_golden_js),
  FILE("model-shadow.js", model_shadow_js),
  FILE("model-versions.js", model_versions_js),
  FILE("model.js", model_js),
  FILE("models-reading.js", models_reading_js),
  FILE("models.css", models_css),
  FILE("models.js", models_js),
  FILE("monitor-chart.js", monitor_chart_js),
  FILE("monitor-numbers.js", monitor_numbers_js),
  FILE("monitor-plot.js", monitor_plot_js),
  FILE("monitor.css", monitor_css),
  FILE("monitor.js", monitor_js),
  FILE("picture-header.js", picture_header_js),
  FILE("router.js", router_js),
  FILE("session.js", session_js),
  FILE("settings.js", settings_js),
  FILE("theme.js", theme_js),
  FILE("upload-batches.js", upload_batches_js),
  FILE("upload-collect.js", upload_collect_js),
  FILE("upload-run.js", upload_run_js),
  FILE("upload-selection.js", upload_selection_js),
  FILE("upload-send.js", upload_send_js),
  FILE("upload-thumbnails.js", upload_thumbnails_js),
  FILE("viewer-camera.js", viewer_camera_js),
  FILE("viewer-controls.js", viewer_controls_js),
  FILE("viewer-geometry.js", viewer_geometry_js),
  FILE("viewer-index.js", viewer_index_js),
  FILE("viewer-input.js", viewer_input_js),
  FILE("viewer-loading.js", viewer_loading_js),
  FILE("viewer-minimap.js", viewer_minimap_js),
  FILE("viewer-overlay.js", viewer_overlay_js),
  FILE("viewer-pyramid.js", viewer_pyramid_js),
  FILE("viewer-scene.js", viewer_scene_js),
  FILE("viewer-screen.js", viewer_screen_js),
  FILE("viewer-stats.js", viewer_stats_js),
  FILE("viewer-strokes.js", viewer_strokes_js),
  FILE("viewer-tooltip.js", viewer_tooltip_js),
  FILE("viewer.css", viewer_css),
  FILE("viewer.js", viewer_js),
};

size_t harrier_console_file_count(void) { return sizeof files / sizeof files[0]; }

harrier_console_file_t harrier_console_file(size_t index) { return files[index]; }
